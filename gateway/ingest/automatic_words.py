"""How programs title what they write: subjects of automatic replies and of delivery reports, by language."""

import re

# A phrase counts only where a program would put it: at the start, and followed by what programs write next.
# "Fora do escritório: Re: Boleto" is one's answer, "fora do escritório amanhã, pode ligar?" is a person's.
_OPENING = r"[\s\[\](){}<>*#\"'!=~.\-–—«»_]*(?:auto\s*:\s*)?"
_PHRASES = (
    # English, and what Portuguese and Dutch programs borrow from it
    (r"auto(?:mated|mati[cs])?[- _]?(?:e-?mail\s)?(?:reply|response|responder|answer)"
    r"(?:\s(?:from|to)\s.{1,60}$|\smessage\b)?"),
    r"(?:automatic|automated|auto)\s(?:acknowledge?ment|e-?mail\sreply|notification\sof\sreceipt)",
    (r"(?:i(?:\sa|['’])m\s|currently\s)*"
    r"out[- ]of[- ](?:the[- ])?office(?:[- ](?:message|notification|notice|assistant|alert))?"
    r"(?:[- ]auto[- ]?(?:matic\s)?(?:reply|response))?"),
    r"(?:vacation|holiday|absence|away)[- ](?:reply|response|message|notice|notification|note|auto[- ]?reply|alert)",
    r"(?:i(?:\sa|['’])m\s|currently\s)*(?:away\sfrom|not\sin)\s(?:my\s(?:e-?)?(?:mail|desk|office)|(?:the\s)?office)",
    r"(?:i(?:\sa|['’])m\s|currently\s)*on\s(?:annual\s|maternity\s|parental\s|sick\s)?(?:vacation|leave|holidays?)",
    r"ooo",
    # Portuguese
    (r"(?:e-?mail\sde\s)?(?:auto[- ]?resposta|resposta\sauto(?:m[aá]tica)?)"
    r"(?:\sde\s(?:aus[eê]ncia(?:\stempor[aá]ria)?|f[eé]rias))?"),
    (r"(?:mensagem|aviso|e-?mail|retorno|notifica[cç][aã]o)\s(?:autom[aá]tic[oa]|de\s(?:aus[eê]ncia|f[eé]rias))"
    r"(?:\sde\s(?:aus[eê]ncia|f[eé]rias))?"),
    r"(?:resposta\sde\s)?aus[eê]ncia\stempor[aá]ria",
    r"(?:estou\s|estarei\s)?(?:fora|ausente)\s(?:do|de)\s(?:meu\s)?escrit[oó]rio",
    r"(?:estou|estarei)\s(?:ausente|(?:de|em)\sf[eé]rias|de\slicen[cç]a)",
    r"aus[eê]ncia\sd[eo]\sescrit[oó]rio",
    r"(?:de|em)\sf[eé]rias|f[eé]rias\s?[-–:]\s?retorn\w+.*",
    r"respostas?\sde\sf[eé]rias",
    r"confirma[cç][aã]o\sautom[aá]tica(?:\sde\s(?:recebimento|rece[pç][cç]?[aã]o|leitura))?",
    # Spanish
    r"(?:auto[- ]?respuesta|(?:respuesta|contestaci[oó]n)\sauto(?:m[aá]tica)?)(?:\sde\s(?:ausencia|vacaciones))?",
    r"(?:mensaje|aviso|correo|notificaci[oó]n)\s(?:autom[aá]tic[oa]|de\s(?:ausencia|vacaciones))",
    r"(?:estoy\s|estar[eé]\s)?fuera\sde\s(?:la\s|mi\s)?oficina",
    r"(?:estoy\s|estar[eé]\s)?(?:ausente(?:\sde\sla\soficina)?|de\svacaciones)",
    # German
    r"(?:automatische|automatisierte)\s?(?:r[uü]ckantwort|antwort|e-?mail(?:-?antwort)?|nachricht|abwesenheits\w*)",
    r"abwesenheits?\w*(?:\s(?:assistent|benachrichtigung|notiz))?",
    r"(?:ich\sbin\s|bin\s)?(?:derzeit\s|zur\s?zeit\s|momentan\s)?(?:abwesend|nicht\sim\s(?:b[uü]ro|hause?)|im\surlaub|au(?:ß|ss)er\shaus)",
    r"urlaubs?(?:benachrichtigung|meldung|notiz|antwort|vertretung|hinweis)",
    r"(?:auto-?antwort|automatische\sbest[aä]tigung)",
    # French
    r"r[eé]ponse\sd['’]absence|r[eé]ponse\sauto(?:matique)?(?:\s(?:d['’]absence|de\sl['’]absence)(?:\sdu\sbureau)?)?",
    r"(?:message|notification|avis)\s(?:automatique|d['’]absence)(?:\sdu\sbureau)?",
    r"(?:je\ssuis\s|actuellement\s)*(?:absent(?:e|\(e\))?|en\s(?:vacances|cong[eé]s?)(?:\sannuels?)?)(?:\sdu\sbureau)?",
    r"absences?\s(?:du\sbureau|temporaire|du)",
    r"r[eé]pondeur\sautomatique",
    # Italian
    r"(?:risposta|messaggio|notifica)\s(?:automatic[oa]|di\sassenza|non\sal\slavoro)",
    r"(?:sono\s)?(?:fuori\s(?:sede|(?:dall['’])?ufficio)|in\sferie)",
    r"(?:assente|assenza)(?:\sdal(?:l['’]ufficio)?)?",
    # Elsewhere
    r"autosvar|automatisk[at]?\s(?:svar|antwort)|fr[aå]nvaro\w*|frav[æä]r\w*",
    r"automatisch(?:e)?\s(?:antwoord|beantwoord\w*|bericht)|afwezig(?:heid\w*)?",
    r"automaattinen\svastaus|automatick[aáeé]\sodpov\w+|odpowied[zź]\sautomatyczna|autoodpowied[zź]|otomatik\syan[ıi]t",
    r"автоответ\w*|автоматический\sответ",
)  # fmt: skip
_EASTERN = r"自动(?:回复|答复)|自動回覆|自動回信|自動返信|自動応答|不在通知|不在のお知らせ|자동\s?(?:회신|응답)"
_NEXT = (
    r"\s*(?:$|[:：;\[\]()<>,.!?/|\"'«»*=–—-](?![a-z])|\d|(?:re|aw|res|rv|fwd?|enc|antw|tr)\s*:"
    r"|(?:until|till|through|returning|back|at[eé]|retorno|hasta|bis|vom|jusqu|dal|fino)\b)"
)
_AUTO_REPLY = re.compile(
    rf"{_OPENING}(?:(?:{'|'.join(_PHRASES)})(?={_NEXT})|{_EASTERN})|\s*auto(?:matic)?\s*:", re.IGNORECASE
)
_SOMEBODY_IS_AWAY = re.compile(
    r"(?!re:|fwd?:|enc:)[^:?]{2,60}\sis\s(?:currently\s)?"
    r"(?:out\sof\s(?:the\s)?office|on\s(?:vacation|leave|holiday)|away)"
    r"(?=\s*(?:$|[(.,]|until|till|from\s\d|and\swill))"
    # Notes, in the languages it speaks to us
    r"|(?!(?:re|res|rv|enc|fwd?|tr)\s*:)[^:?]{2,60}\s(?:est[aá]\s(?:(?:ausente|fora)\sdo\sescrit[oó]rio"
    r"|(?:ausente|fuera)\sde\sla\soficina)|est\sabsente?\sdu\sbureau)(?=\s*(?:$|[(.,]|at[eé]|hasta|jusqu))"
    r"|(?!(?:re|aw|antw|wg|fwd?)\s*:)[^:?]{2,60}\sist\s(?:derzeit\s)?(?:au(?:ß|ss)er\shaus|abwesend)"
    r"(?=\s*(?:$|[(.,]|bis|vom|ab\s\d))",
    re.IGNORECASE,
)
# Nobody but a program writes a word and a colon before what it answers.
_BEFORE_AN_ANSWER = re.compile(
    r"\s*(?:(?:em|en|de|on|im)\s)?(?:aus[eê]ncia|f[eé]rias|vacaciones|absence|cong[eé]s?(?:\sannuels?)?|vacances"
    r"|abwesenheit|urlaub|vakantie|vacation|holidays?|ferie)\s*:?\s*(?:re|res|aw|rv|antw|tr)\s*:",
    re.IGNORECASE,
)
_AT_THE_END = re.compile(
    r"(?!\s*(?:re|res|aw|rv|fwd?|enc|tr)\s*:).*"
    r"[\[(]\s*(?:auto(?:matic|mated)?[- ]?(?:reply|response)|out\sof\s(?:the\s)?office"
    r"|resposta\sautom[aá]tica|respuesta\sautom[aá]tica|automatische\santwort|r[eé]ponse\sautomatique)\s*[\])]\s*$",
    re.IGNORECASE,
)

_BOUNCE = re.compile(
    r"[\s\[\](*\"'!]*(?:"
    r"undeliver(?:able|ed)\b|delayed\smail\b|postmaster\snotify:|nd[nr]:|mail\sfailure\b|rejected\smail|"
    r"address\snot\sfound$|message\syou\ssent\sblocked\sby\s|"
    r"message\sstatus\s-\sundeliverable|(?:e-?mail)\snot\sdelivered|delivery\sexpired|entrega\s(?:atrasada|adiada|incompleta):|"
    r"niet\ste\sbestellen|n[aã]o\s[eé]\sposs[ií]vel\sentregar|(?:mail|message|e-?mail)\s(?:is\s|"
    r"was\s)?undeliver|non[- ]?deliver(?:y|able)|"
    r"returned\s(?:e-?)?mail\b|mail\s(?:was\s)?returned\sto\ssender|bounced?\s(?:mail|message)|\[?bounce\]|"
    r"(?:mail|message|e-?mail)?\s?delivery\s(?:has\s)?(?:fail\w*|status|notification|report|delay\w*|problem|error|incomplete|unsuccessful|subsystem)|"
    r"delivery\s(?:of\s.{1,60}\s)?(?:failed|failure)|(?:mail|message)\sdeliver(?:y|ed)?\s(?:to\s.{1,80}\s)?failed|failure\snotice|"
    r"(?:fail(?:ed|ure)|error)\s(?:to\s)?(?:deliver|notice|sending)|fail(?:ed|ure)\sdelivery|"
    r"(?:mail|message|your\s(?:e-?mail|message|mail))\s(?:.{0,80}\s)?(?:could\snot|couldn['’]t|can\s?not)\sbe\s(?:delivered|sent)|"
    r"(?:mail|message)\sdelivery\sfailed|(?:mail|message)\s(?:not\sdelivered|rejected|error)|mail\s(?:system|sending|transfer)\serror|"
    r"(?:warning:?\s)?(?:message|mail|could\snot\ssend\smessage).{0,60}\sdelayed|warning:\s(?:could\snot\ssend|delayed\smail|message\sstill)|"
    r"there\swas\san\serror\ssending\syour\smail|sorry,?\syour\smessage\scould\snot\sbe|rejected\s?(?:mail|message)?:|"
    r"(?:unable\sto|could\snot|cannot)\s(?:deliver|send)\s|unknown\s(?:user|recipient)|user\sunknown|"
    r"(?:ignored\s)*not\smember\sarticle\sfrom|"
    # Portuguese, Spanish, French, German, Italian
    r"(?:falha|erro|problema|atraso)\s(?:na|de|no|ao)\s(?:entrega\w*|envi\w*)|n[aã]o\s(?:foi\s)?(?:poss[ií]vel\s)?entreg\w+|"
    r"mensagem\s(?:n[aã]o\sentregue|devolvida)|e-?mail\s(?:n[aã]o\sentregue|devolvido)|devolu[cç][aã]o\sde\s(?:mensagem|e-?mail)|"
    r"(?:notifica[cç][aã]o|status|estado)\s(?:de|do)\s(?:status\s(?:de|da)\s)?(?:entrega|envio)|"
    r"(?:error|fallo|notificaci[oó]n|estado)\s(?:de|en|al)\s(?:la\s|estado\sde\s)?(?:entrega\w*|env[ií]\w*)|no\s(?:se\s)?(?:pudo|puede|ha\spodido)\sentreg\w+|"
    r"(?:mensaje|correo)\s(?:no\sentregado|devuelto|rechazado)|no\sentregado|imposible\sentregar|"
    r"(?:[eé]chec|erreur|retard|notification)\s(?:de|d['’])\s?(?:la\s|l['’])?(?:remise|distribution|livraison|envoi|[eé]tat)|non\s?remis|"
    r"(?:message|courrier)\s(?:non\s(?:remis|distribu[eé])|retourn[eé])|impossible\sde\s(?:remettre|distribuer)|"
    r"unzustellbar|(?:nachricht|mail|e-?mail)\s(?:un|nicht\s)zustellbar|zustell(?:ung|fehler|bericht)\w*|nicht\szugestellt|"
    r"(?:mancato|mancata|errore|notifica)\s(?:di\s)?(?:recapito|consegna)|non\srecapitabile|messaggio\snon\s(?:recapitato|consegnato)|"
    r"(?:niet|kan\sniet)\s(?:afgeleverd|bezorgd|worden)|onbestelbaar|не\s?(?:может\sбыть\s)?доставлен|недоставлен|ошибка\sдоставки|"
    r"配信(?:エラー|不能)|(?:メッセージ|メール)(?:を|の|が)?(?:配信|送信|配送)|配送(?:エラー|不能)|送信(?:エラー|失敗)|退信|投递失败|系统退信|无法投递|傳送失敗)",
    re.IGNORECASE,
)
_LONGEST = 300


def names_an_auto_reply(subject: str) -> bool:
    """Whether a responder titled it: automatic reply, out of office, and what other languages say."""
    subject = subject[:_LONGEST].strip()
    if _AUTO_REPLY.match(subject):
        return True
    if subject.endswith((")", "]")) and _AT_THE_END.match(subject):
        return True
    return _SOMEBODY_IS_AWAY.match(subject) is not None or _BEFORE_AN_ANSWER.match(subject) is not None


def names_a_bounce(subject: str) -> bool:
    """Whether a mail server titled it; never true of a forward or an answer, which begin otherwise."""
    return _BOUNCE.match(subject[:_LONGEST]) is not None
