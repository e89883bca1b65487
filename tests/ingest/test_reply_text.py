"""What remains of a reply: one row per program, language and trap."""

import pytest

from gateway.ingest.reply_text import reply_text

ANSWER = "Bom dia,\n\nsegue a resposta."
QUOTED = "> olá\n>\n> Protocolo 20261122000001"
PLAIN = "Olá,\n\no protocolo é 20261122000001.\n\nAtenciosamente,\nCentral"

ATTRIBUTIONS = {
    "gmail-pt-br": "Em seg., 7 de set. de 2026 às 09:00, Fulano <f@x.example> escreveu:",
    "gmail-pt-br-wrapped": "Em seg., 7 de set. de 2026 às 09:00, Fulano de Tal e Silva\n<fulano.de.tal@escola.example> escreveu:",
    "gmail-pt-br-twice-wrapped": "Em seg., 7 de set. de 2026\nàs 09:00, Fulano <\nf@x.example> escreveu:",
    "gmail-pt-br-mailto": "Em seg, 7 de set de 2026 09:00, Fulano <f@x.example<mailto:f@x.example>> escreveu:",
    "gmail-pt-pt": "Fulano <f@x.example> escreveu (segunda, 7/09/2026 à(s) 09:00):",
    "gmail-pt-pt-day": "Fulano <f@x.example> escreveu no dia segunda, 7/09/2026 à(s) 09:00:",
    "gmail-pt-pt-wrapped": "Fulano de Tal <fulano@escola.example> escreveu no dia segunda,\n7/09/2026 à(s) 09:00:",
    "no-dia": "No dia 04/12/2026, às 00:19, Fulano <f@x.example> escreveu:",
    "apple-pt-br": "Em 7 de set. de 2026, à(s) 09:00, Fulano <f@x.example> escreveu:",
    "apple-pt-pt": "No dia 07/09/2026, às 09:00, Fulano de Tal <f@x.example> escreveu:",
    "thunderbird-pt-br": "Em 07/09/2026 09:00, Fulano escreveu:",
    "thunderbird-pt-pt": "Às 09:00 de 07/09/2026, Fulano escreveu:",
    "roundcube": "Em 2026-09-07 09:00, f@x.example escreveu:",
    "yahoo-pt-br": "Em segunda-feira, 7 de setembro de 2026 09:00:00 BRT, Fulano <f@x.example> escreveu: ",
    "yahoo-pt-old": "--- Em seg, 7/9/26, Fulano <f@x.example> escreveu:",
    "terra": "Em Seg 07/09/26 09:00, Fulano f@x.example escreveu:",
    "a-dia": "A 07/09/2026, às 09:00, Fulano <f@x.example> escreveu:",
    "spark": "Em 7 de set. de 2026 09:00 -0300, Fulano <f@x.example>, escreveu:",
    "horde": "Citando Fulano <f@x.example>:",
    "notes": "-----\"Fulano\" <f@x.example> escreveu: -----",
    "groupwise": ">>> Fulano <f@x.example> 07/09/2026 09:00 >>>",
    "bold": "*Em seg., 7 de set. de 2026 às 09:00, Fulano <f@x.example> escreveu:*",
    "gmail-en": "On Sun, 22 Nov 2026 at 10:00, X <x@y.example> wrote:",
    "gmail-en-wrapped": "On Sun, Nov 22, 2026 at 10:00 AM, Somebody With Long Name\n<x@y.example> wrote:",
    "apple-en": "On Nov 22, 2026, at 10:00 AM, X Y <x@y.example> wrote:",
    "apple-en-three": "On Nov 22, 2026,\nat 10:00 AM, X Y\n<x@y.example> wrote:",
    "thunderbird-en": "On 11/22/2026 10:00 AM, X Y wrote:",
    "lotus": "X Y <x@y.example> wrote on 11/22/2026 10:00:00 AM:",
    "name-first": "X Y <x@y.example> wrote:",
    "gmail-old": "2026/11/22 X Y <x@y.example>",
    "gmail-old-wrapped": "2026/11/22 X Y With A Name\n<x.y.with.a.name@y.example>",
    "spanish": "El dom, 22 nov 2026 a las 10:00, X (<x@y.example>) escribió:",
    "spanish-name": "X <x@y.example> escribió el 22/11/2026 10:00:",
    "french": "Le dim. 22 nov. 2026 à 10:00, X <x@y.example> a écrit :",
    "french-wrapped": "Le 22 novembre 2026 à 10:00, X Y\n<x@y.example> a écrit :",
    "german": "Am So., 22. Nov. 2026 um 10:00 Uhr schrieb X Y <x@y.example>:",
    "german-wrapped": "Am 22.11.2026 um 10:00 schrieb X\nY <x@y.example>:",
    "german-name": "X Y <x@y.example> schrieb am So., 22. Nov. 2026, 10:00:",
    "italian": "Il giorno dom 22 nov 2026 alle ore 10:00 X <x@y.example> ha scritto:",
    "dutch": "Op zo 22 nov. 2026 om 10:00 schreef X Y <x@y.example>:",
    "dutch-heeft": "Op 22 nov. 2026 om 10:00 heeft X Y <x@y.example> het volgende geschreven:",
    "polish": "niedz., 22 lis 2026 o 10:00 X Y <x@y.example> napisał(a):",
    "polish-dniu": "W dniu 22.11.2026 o 10:00, X Y pisze:",
    "polish-dnia": "Dnia 22 listopada 2026 10:00 X Y <x@y.example> napisał(a):",
    "danish": "Den søn. 22. nov. 2026 kl. 10.00 skrev X Y <x@y.example>:",
    "danish-days": "søn. 22. nov. 2026 kl. 10.00 skrev X Y <x@y.example>:",
    "swedish": "Den sön 22 nov. 2026 kl 10:00 skrev X Y <x@y.example>:",
    "norwegian": "søn. 22. nov. 2026 kl. 10:00 skrev X Y <x@y.example>:",
    "finnish": "su 22. marrask. 2026 klo 10.00 X Y (x@y.example) kirjoitti:",
    "czech": "ne 22. 11. 2026 v 10:00 odesílatel X Y <x@y.example> napsal:",
    "hungarian": "X Y <x@y.example> ezt írta (időpont: 2026. nov. 22., V, 10:00):",
    "romanian": "În dum., 22 nov. 2026 la 10:00, X Y <x@y.example> a scris:",
    "turkish": "X Y <x@y.example>, 22 Kas 2026 Paz, 10:00 tarihinde şunu yazdı:",
    "russian": "вс, 22 нояб. 2026 г. в 10:00, X Y <x@y.example>:",
    "russian-verb": "22.11.2026 10:00, X Y пишет:",
    "japanese": "2026年11月22日(日) 10:00 X Y <x@y.example>:",
    "chinese": "X Y <x@y.example> 于2026年11月22日周日 10:00写道：",
    "chinese-zai": "在 2026年11月22日，10:00，X Y <x@y.example> 写道：",
    "korean": "2026년 11월 22일 (일) 오전 10:00, X Y <x@y.example>님이 작성:",
    "verbless": "22/11/2026 10:00, X Y <x@y.example>:",
}  # fmt: skip

HEADS = {
    "original": "-----Mensagem original-----\nDe: Central\nolá",
    "original-full": "-----Mensagem Original-----\nDe: Central [mailto:c@x.example]\nEnviada em: domingo, 22 de novembro"
    " de 2026 10:00\nPara: Ana\nCc: Bruno\nAssunto: RE: olá\nPrioridade: Alta\n\ntexto",
    "forwarded": "---------- Forwarded message ---------\nDe: X <x@y.example>\nDate: seg., 7 de set. de 2026 às 09:00\n"
    "Subject: olá\nTo: Ana <ana@org-a.example>\n\n\ntexto",
    "forwarded-thunderbird": "-------- Mensagem encaminhada --------\nAssunto: \tolá\nData: \tMon, 7 Sep 2026 09:00\n"
    "De: \tX <x@y.example>\nPara: \tana@org-a.example\n\ntexto",
    "forwarded-pt-pt": "-------- Mensagem reencaminhada --------\nAssunto: olá\nDe: X <x@y.example>\n\ntexto",
    "forwarded-apple": "Início da mensagem encaminhada:\n\nDe: X <x@y.example>\nAssunto: olá\nData: 7 de setembro de 2026\n"
    "Para: ana@org-a.example\n\ntexto",
    "forwarded-apple-quoted": "> Início da mensagem reencaminhada:\n> \n> De: X <x@y.example>\n> Assunto: olá\n> \n> texto",
    "samsung": "-------- Mensagem original --------\nDe: Central <c@x.example>\nData: 07/09/2026 09:00 (GMT-03:00)\n"
    "Para: ana@org-a.example\nAssunto: Re: olá\n\ntexto",
    "outlook": "De: Central <c@x.example>\nEnviada em: domingo\nPara: Ana\nAssunto: olá\n\ntexto",
    "outlook-web": "________________________________\nDe: Central <c@x.example>\nEnviado: segunda-feira, 7 de setembro de"
    " 2026 09:00\nPara: Ana <ana@org-a.example>\nAssunto: olá\n\ntexto",
    "outlook-rule-bare": "________________________________\nDe: Central\nEnviado: domingo\nPara: Ana\n\ntexto",
    "outlook-blank-lines": "De: Central <c@x.example>\n\nEnviado: domingo\n\nPara: Ana\n\nAssunto: olá\n\ntexto",
    "outlook-folded": "De: Central de Atendimento da Escola <c@x.example>\nEnviado: domingo\nPara: Ana <ana@org-a.example>;\n"
    " Bruno <bruno@org-a.example>;\n Carla <carla@org-b.example>\nAssunto: olá\n\ntexto",
    "outlook-pt-pt": "De: Central <c@x.example>\nEnviada: 7 de setembro de 2026 09:00\nPara: Ana\nAssunto: olá\n\ntexto",
    "outlook-english": "From: Desk\nSent: Sunday\nTo: Ana\nSubject: hi\n\ntext",
    "outlook-english-at": "From: X Y <x@y.example>\nDate: Sunday, November 22, 2026 at 10:00 AM\nTo: Ana <a@y.example>\nSubject: hi\n\ntext",
    "outlook-bold": "*De:* Central\n*Enviada em:* domingo\n*Para:* Ana\n\ntexto",
    "outlook-bold-mailto": "*De:* Central [mailto:c@x.example]\n*Enviada em:* domingo\n*Para:* Ana\n*Assunto:* olá\n\ntexto",
    "outlook-one-line": "De: Central <c@x.example> Enviada em: domingo, 22 de novembro Para: Ana Assunto: olá",
    "hotmail-date-first": "Date: Sun, 22 Nov 2026 10:00:00 -0300\nSubject: olá\nFrom: c@x.example\nTo: ana@org-a.example\n\ntexto",
    "hotmail-subject-first": "Subject: olá\nFrom: c@x.example\nTo: ana@org-a.example\nDate: Sun, 22 Nov 2026\n\ntexto",
    "notes-tabs": "De:\tCentral/Org\nPara:\tAna/Org@Org\nData:\t07/09/2026 09:00\nAssunto:\tolá\n\ntexto",
    "german": "Von: X <x@y.example>\nGesendet: Sonntag, 22. November 2026 10:00\nAn: Ana\nBetreff: AW: olá\n\ntext",
    "german-original": "-----Ursprüngliche Nachricht-----\nVon: X\nGesendet: Sonntag\nAn: Ana\nBetreff: x\n\ntext",
    "french": "De : X <x@y.example>\nEnvoyé : dimanche 22 novembre 2026 10:00\nÀ : Ana\nObjet : RE: olá\n\ntexte",
    "french-original": "-----Message d'origine-----\nDe : X\nEnvoyé : dimanche\nÀ : Ana\nObjet : x\n\ntexte",
    "spanish": "De: X <x@y.example>\nEnviado el: domingo\nPara: Ana\nAsunto: olá\n\ntexto",
    "spanish-forwarded": "---------- Mensaje reenviado ----------\nDe: X <x@y.example>\nFecha: domingo\nAsunto: x\n\ntexto",
    "italian": "Da: X <x@y.example>\nInviato: domenica\nA: Ana\nOggetto: olá\n\ntesto",
    "dutch": "Van: X <x@y.example>\nVerzonden: zondag\nAan: Ana\nOnderwerp: olá\n\ntekst",
    "polish": "From: X <x@y.example>\nSent: Sunday\nTo: Ana\nSubject: x\n\ntekst",
    "danish": "Fra: X <x@y.example>\nSendt: søndag\nTil: Ana\nEmne: olá\n\ntekst",
    "swedish": "Från: X <x@y.example>\nSkickat: söndag\nTill: Ana\nÄmne: olá\n\ntext",
    "chinese": "发件人: X <x@y.example>\n发送时间: 2026年11月22日 10:00\n收件人: Ana\n主题: olá\n\ntext",
    "qq": "------------------ 原始邮件 ------------------\n发件人: X <x@y.example>\n\ntext",
    "proton": "-------- Mensagem Original --------\nA segunda-feira, 7 de setembro de 2026 às 09:00, X <x@y.example> escreveu:\n\ntexto",
    "above-this-line": "##- Responda acima desta linha -##\n\nSeu chamado mudou.",
    "quote-marks-alone": QUOTED,
}  # fmt: skip


@pytest.mark.parametrize("follows", [f"\n\n{QUOTED}", f"\n{QUOTED}", f"\n\n{PLAIN}"], ids=["blank", "close", "bare"])
@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_the_mail_that_is_answered_is_left_out(attribution, follows):
    assert reply_text(f"{ANSWER}\n\n{attribution}{follows}\n") == ANSWER


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_attribution_right_below_the_answer_takes_none_of_it(attribution):
    assert reply_text(f"{ANSWER}\n{attribution}\n{QUOTED}\n") == ANSWER


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_answer_below_the_quotation_is_what_remains(attribution):
    assert reply_text(f"{attribution}\n{QUOTED}\n\n{ANSWER}\n") == ANSWER


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_the_head_of_a_mail_and_all_below_it_is_left_out(head):
    assert reply_text(f"{ANSWER}\n\n{head}\n") == ANSWER
    assert reply_text(f"{ANSWER}\n{head}\n") == ANSWER


DEVICES = [
    "Enviado do meu iPhone", "Enviado do meu iPad", "Enviado do meu Galaxy", "Enviado do meu smartphone Samsung Galaxy.",
    "Enviado a partir do meu iPhone", "Enviado a partir do meu smartphone Samsung Galaxy.", "Enviado a partir do Outlook para Android",
    "Obter o Outlook para Android", "Obter o Outlook para iOS<https://aka.ms/o0ukef>", "Obtenha o Outlook para iOS",
    "Enviado do Outlook para iOS", "Enviado do Email para Windows", "Enviado do Email<https://go.microsoft.com/x> para Windows",
    "Enviado do Correio para Windows 10", "Enviado do Yahoo Mail no Android", "Enviado do Yahoo Mail para iPhone",
    "Yahoo Mail: pesquise, organize, conquiste", "Enviado via UOL Mail", "Enviado do meu Motorola", "Enviado pelo meu celular",
    "Enviado com o e-mail seguro Proton Mail.", "Enviada do meu telemóvel", "*Enviado do meu iPhone*",
    "Livre de vírus. www.avast.com", "Este email foi escaneado pelo Avast antivírus.",
    "Sent from my iPhone", "Sent from my BlackBerry® wireless handheld", "Sent from Mailbox", "Sent from Yahoo Mail on Android",
    "Sent from my Samsung Galaxy smartphone.", "Get Outlook for Android", "Sent from Outlook for iOS", "Sent from my phone",
    "Sent with Proton Mail secure email.", "Sent via the Samsung Galaxy S26, an AT&T 5G smartphone",
    "Envoyé de mon iPhone", "Envoyé depuis mon iPhone", "Von meinem iPhone gesendet", "Gesendet von meinem Samsung Galaxy",
    "Enviado desde mi iPhone", "Inviato da iPhone", "Verstuurd vanaf mijn iPhone", "Sendt fra min iPhone", "Skickat från min iPhone",
    "Wysłane z iPhone'a", "iPhoneから送信", "发自我的iPhone", "Отправлено с iPhone",
]  # fmt: skip


@pytest.mark.parametrize("footer", [*DEVICES, "-- \nAna Alves\nOrg A", "--\nAna", "—\nAna Alves", "__\nAna\nOrg A"])
def test_device_and_signature_lines_are_left_out(footer):
    assert reply_text(f"{ANSWER}\n\n{footer}\n") == ANSWER
    assert reply_text(f"{ANSWER}\n\n{footer}\n\nEm seg., 7 de set. de 2026 às 09:00, X <x@y.example> escreveu:\n{QUOTED}") == ANSWER


def test_an_attribution_inside_the_quotation_goes_with_it():
    quotation = "> Em 7 de set. de 2026, à(s) 09:00, Fulano <f@x.example> escreveu:\n> \n> olá"
    assert reply_text(f"{ANSWER}\n\nEnviado do meu iPhone\n\n{quotation}") == ANSWER


def test_what_stands_above_and_below_one_quotation_remains():
    text = f"Bom dia,\n\nEm 07/09/2026 09:00, Fulano escreveu:\n{QUOTED}\n\nSegue o anexo.\nAna"
    assert reply_text(text) == "Bom dia,\n\n\nSegue o anexo.\nAna".replace("\n\n\n", "\n\n")


@pytest.mark.parametrize(
    "text",
    [
        "Em resposta ao que você escreveu:\nsegue anexo.",
        "De: 10/09 a 15/09 estarei fora.\nAté logo.",
        "Para: quem interessar\nnada mais.",
        "> você perguntou A\nrespondo A\n> e B\nrespondo B",
        "Em 22/11/2026 10:00, Fulano escreveu:\n> A?\nsim\n> B?\nnão",
        "A lista:\n- um\n-- dois\n* três",
        "Itens:\n- trocar o cabo\n- reiniciar\n- Ana confere",
        "O valor é > 10 e isso basta.",
        "Em 10/09 o técnico escreveu:\n\"não há defeito\".\nO que faço?",
        "No dia 10/09/2026 o diretor escreveu:\nnão autorizo.\nComo proceder?",
        "Em 2026 a escola mudou e o secretário escreveu:\nnada consta.",
        "Roteiro:\nDe: Curitiba\nPara: Santos\nData: 10/09/2026\nQuero reservar.",
        "Horário de atendimento: 09:00 às 18:00\nData: 10/09\nTudo certo?",
        "Atenção: o módulo externo parou de responder.\nAguardo.",
        "Cuidado: o link do boletim abre a conta de outro aluno.",
        "Enviado do setor financeiro para a direção, o boleto voltou.\nPor quê?",
        "O boleto foi enviado do meu banco.\nE agora?",
        "Enviei do meu iPhone e deu erro. O app Outlook também falha.",
        "On the other hand, you wrote:\nnothing at all.\nPlease check.",
        "On Monday we tried it. Then the manual wrote: press F5.\nIt failed.",
        "1. Em qual data?\n2. Quem escreveu:\n3. Por quê?",
        "Mensagem original:\no que eu disse antes.\nE mais.",
        "Assunto: boleto\nO boleto 123 não abre.\nObrigado.",
        "Data: 10/09\nAluno: Bruno\nTurma: 3B\nErro: tela branca",
        "Texto\n---\nmais texto\n---\nfim",
        "Abraços,\nAna",
        "Segue a mudança:\nDe: Rua A, 10\nPara: Rua B, 20\nData: 10/09/2026\nAssunto: endereço\n\nPodem alterar?",
        "Recebi este erro:\n> Error 500\n> contact admin\n\nComo resolver?",
        "Às 10:00 o sistema caiu. Às 11:00 o técnico escreveu: \"voltou\".\nMas não voltou.",
        "A diretora (dir@escola.example) escreveu:\nautorizo.\nPodem seguir.",
        "Importante: os alunos de fora do município não conseguem abrir os anexos.\nPodem ver?",
        "Este e-mail é para pedir acesso externo ao portal. O link do convite não abre.",
        "Lista:\n* um\n--\ntotal: 1\n\nDepois disso, preciso também de ajuda com o acesso.\nNão abre.",
        "Log:\n2026-09-07 Erro no login <ana@org-a.example> tentou\nVejam acima.",
    ],
)  # fmt: skip
def test_prose_and_answers_between_the_lines_stay_whole(text):
    assert reply_text(text) == text


@pytest.mark.parametrize(
    "banner",
    [
        "[EXTERNAL] CAUTION: mail from outside\n",
        ("CAUTION: This email originated from outside of the organization. Do not click links or open attachments"
        " unless you recognize the sender and know the content is safe.\n\n"),
        ("ATENÇÃO: Este e-mail foi originado fora da organização.\nNão clique em links nem abra anexos, a menos que"
        " reconheça o remetente.\n\n"),
        "[EXTERNO] E-mail de fora da empresa, cuidado com links.\n\n",
        "Você não costuma receber emails de ana@org-a.example. Saiba por que isso é importante<https://aka.ms/x>\n\n",
        "You don't often get email from ana@org-a.example. Learn why this is important\n",
        "*** Aviso: mensagem externa. Não abra anexos de remetente desconhecido. ***\n\n",
    ],
)
def test_a_banner_of_the_mail_server_is_left_out(banner):
    assert reply_text(banner + ANSWER) == ANSWER


@pytest.mark.parametrize("text", [QUOTED, "De: X <x@y.example>\nEnviado: hoje\nPara: Ana\nAssunto: olá\n\ntexto", "-- \nAna"])
def test_a_text_that_is_nothing_but_quotation_stays_whole(text):
    assert reply_text(text) == text
