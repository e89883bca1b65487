"""The words by which mail programs mark what is quoted, by language; data alone."""

import re

# What a line of a quoted head begins with, by what it tells. Portuguese stands first.
_FIELDS = {
    "from": """de|from|von|da|van|od|fra|från|lähettäjä|feladó|kimden|отправитель|от|від|差出人|发件人|寄件者|보낸사람|보낸이|από
        |expéditeur|remitente|remetente""",
    "date": "data|data/hora|date|fecha|datum|dato|päivämäärä|dátum|tarih|дата|日付|日時|日期",
    "sent": """enviada|enviado|enviada em|enviado em|enviada a|enviado a|sent|sent at|enviado el|envoyé|envoyé le|gesendet
        |gesendet am|inviato|verzonden|sendt|skickat|lähetetty|wysłano|odesláno|elküldve|küldve|gönderilen
        |gönderme tarihi|отправлено|送信日時|发送时间|发送日期|寄件日期|보낸날짜|trimis|expédié|data de envio""",
    "to": """para|to|a|à|an|aan|til|till|komu|do|címzett|kime|кому|получатель|宛先|收件人|받는사람|către|προς|destinataire
        |destinatário|vastaanottaja""",
    "cc": "cc|cco|bcc|com cópia|c/c|kopi|kopia|kopie|копия|抄送|副本|참조|másolatot kap|bilgi|dw|udw|ccn|c.c.",
    "subject": """assunto|subject|asunto|objet|betreff|oggetto|onderwerp|emne|ämne|temat|předmět|aihe|tárgy|konu|тема|件名
        |主题|主題|제목|subiect|θέμα""",
    "other": """reply-to|responder a|responder para|responder-a|importance|importância|priority|prioridade|attachments|anexos
        |organization|mailed-by|répondre à|sensibilidade|categorias|resent-from""",
}
FIELDS = {word.strip(): kind for kind, words in _FIELDS.items() for word in words.split("|")}
FROM_WORDS = "|".join(re.escape(word) for word, kind in FIELDS.items() if kind == "from")
FIELD_INSIDE = re.compile(
    rf"(?:(?<=[\s*>])|^)({'|'.join(sorted((re.escape(word) for word in FIELDS), key=len, reverse=True))})\**[ ]?[:：]",
    re.IGNORECASE,
)

VERB = re.compile(
    r"\b(?:escreveu|escreveram|escrevia|wrote|writes|said|escribi[óo]|escribe|(?:a|ont) [ée]crit|schrieb|geschrieben"
    r"|ha scritto|scrive|scritto|schreef|geschreven|pisze|napisa[łl]\(?a?\)?|napsal\(?a?\)?|nap[íi]sal\(?a?\)?|skrev"
    r"|kirjoitti|[íi]rta|a scris|yazd[ıi]|пишет|(?:на)?писала?\(?а?\)?|пише|έγραψε|đã viết|schreibt|schreven"
    r"|citando|quoting|zitat von)(?!\w)|写道|寫道|写到|のメール|書きました|작성|님이",
    re.IGNORECASE,
)

# How a line that names date and writer begins.
_PREPOSITIONS = (
    r"em|no dia|na|no|on|at|le|el|am|il|il giorno|in data|op|w dniu|dnia|den|dne|d\.|på|la|în|às?|a|à|kl\.|date|pe|в|on the"
    r"|em data de|in message|2[0-9]{3}"
)
_DAYS = (
    r"seg|ter|qua|qui|sex|s[áa]b|dom|mon|tue|wed|thu|fri|sat|sun|man|tir|ons|tor|fre|l[øö]r|s[øö]n|m[åa]n|tis|lun|mar|mer|jeu"
    r"|ven|sam|dim|mi[ée]|jue|vie|mo|di|mi|do|fr|sa|so|pon|wt|[śs]r|czw|pt|sob|niedz|gio|пн|вт|ср|чт|пт|сб|вс|su|ne"
)
OPENING = re.compile(
    rf"[-–—\s*\[(]{{0,5}}(?:(?:{_PREPOSITIONS})[\s,:]|citando |quoting |zitat von |(?:{_DAYS})[\w-]{{0,12}}[.,]{{0,2}}[ ]"
    r"|[0-9]{1,4}[./年년-]|[0-9]{1,2}[ ](?:de[ ])?[^\W\d]{3,10}\.?,?[ ]|[在於于])",
    re.IGNORECASE,
)
# These may as well be the rest of a line that began above.
HALF_OPENING = re.compile(r"(?:at|às?|a|à|kl\.?|um|la|v|o|om|alle|klo|с|[0-9]{1,2}[:.][0-9]{2})[\s,]", re.IGNORECASE)

# Between two rows of dashes, or alone with a head below.
_ORIGINAL = "|".join(
    (
        r"mensagem (?:original|encaminhada|reencaminhada|anterior)|compromisso original|e-?mail original",
        r"in[ií]cio da mensagem (?:encaminhada|reencaminhada)",
        r"original (?:message|appointment|email|mail)|original|reply message|previous message",
        r"forwarded (?:message|mail|by .{1,80})|begin forwarded message",
        r"mensaje (?:original|reenviado)|mensaje que se reenv[íi]a|inicio del mensaje reenviado",
        r"message (?:d['’]origine|original|transf[ée]r[ée])|d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])",
        r"urspr[uü]ngliche (?:nachricht|mail)|original-?nachricht|weitergeleitete nachricht",
        r"anfang der weitergeleiteten nachricht",
        r"messaggio (?:originale|inoltrato)|inizio messaggio inoltrato",
        r"oorspronkelijk bericht|doorgestuurd bericht|begin doorgestuurd bericht",
        r"(?:oprindelig|original|videresendt) (?:meddelelse|besked|mail)|(?:ursprungligt|vidarebefordrat) meddelande",
        r"(?:opprinnelig|videresendt) melding|alkuperäinen viesti",
        r"oryginalna wiadomość|wiadomość (?:oryginalna|przekazana)|původní (?:zpráva|e-?mail)|eredeti üzenet",
        r"mesaj original|orijinal mesaj|исходное сообщение|пересылаемое сообщение",
        r"原始邮件|邮件原件|原始郵件|轉寄郵件|元のメッセージ|転送されたメッセージ|원본 메시지",
    )
)
SEPARATOR = re.compile(rf"[-_*=\s>]{{2,}}[\s]?(?:{_ORIGINAL})[\s:]*[-_*=\s]{{2,}}", re.IGNORECASE)
BARE_SEPARATOR = re.compile(rf"[*\s]{{0,3}}(?:{_ORIGINAL})[\s*]{{0,3}}:[\s*]{{0,3}}", re.IGNORECASE)
ABOVE_LINE = re.compile(
    r"[^\w]{0,12}(?:por favor,? |please )?(?:responda|escreva|digite|reply|type|write)[^.]{0,40}"
    r" (?:acima desta linha|above this line|por encima de esta línea)[^\w]{0,12}",
    re.IGNORECASE,
)
