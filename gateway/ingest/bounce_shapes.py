"""How mail servers write that a mail did not arrive: the bodies of delivery reports that have no such part."""

import re

READ = 4_000
_DAEMONS_SAY = (
    r"this\sis\sthe\s(?:mail\ssystem|mail\sdelivery|postfix\sprogram|\S{1,40}\s(?:program|mail\ssystem))\sat",
    r"hi\.?\s+this\sis\s(?:the|an?)\s.{1,60}\s(?:program|server|mail\sdelivery)",
    r"this\s(?:message|mail|e-?mail)\s(?:was|has\sbeen)\s(?:created\sautomatically|automatically\s(?:created|generated))\sby\s(?:the\s)?(?:mail|smtp|e-?mail|\S+\smail)",
    r"this\sreport\srelates\sto\sa\smessage\syou\ssent",
    r"this\sis\san?\s(?:automatically\sgenerated\s)?delivery\s(?:status|failure)\s(?:notification|report)",
    r"this\s(?:message|mail)\s(?:was|is)\sundeliverable",
    (r"(?:the\s)?following\s(?:is\sthe\s)?(?:recipient|address|message|mail|user|e-?mail)\S*\s.{0,120}?"
    r"(?:could\snot|did\snot|cannot|can\snot|undeliver|fail|reject|had\s|returned\spermanent)"),
    r"-{2,}\s+(?:the\s)?following\saddresses\shad",
    r"-{2,}\s*(?:failure\sreasons?|non-delivered\sinformation|transcript\sof\ssession|returned\smessage|session\stranscript)",
    r"the\soriginal\smessage\swas\sreceived\s(?:at|on)\s",
    r"your\smail\s(?:sent\son|attempted\sto\sbe\sdelivered\son):?\s",
    (r"your\s(?:message|mail|e-?mail)\s.{0,200}?(?:could\snot\sbe|couldn['’]t\sbe|was\snot|cannot\sbe|can\snot\sbe|wasn['’]t|has\snot\sbeen|has\sbeen)\s"
    r"(?:delivered|sent|reject|undeliver|returned|delayed|block)"),
    r"your\smessage\s.{0,200}?did\snot\sreach",
    r"your\smessage\swas\snot\sdelivered\s(?:within|to|because)",
    r"(?:an?|the)\s(?:e-?mail|message|mail)\s(?:that\s)?(?:you\s(?:sent|have\ssent)|sent\sby\syou)\s.{0,200}?(?:could\snot|cannot|has\snot|was\snot|failed|reject)",
    r"(?:the\s)?(?:e-?mail|message|mail)\s(?:\S+\s){0,10}?(?:could\snot\sbe|cannot\sbe|can\snot\sbe|was\snot|has\snot\sbeen)\s(?:delivered|sent\sto)",
    r"(?:we\swere\s|sorry,?\swe\swere\s|i(?:['’]m|\sam)\s|server\s(?:was\s|is\s)?)?(?:sorry,?\s)?unable\sto\sdeliver\s(?:your|the|this|a\s)?\s?(?:message|mail|e-?mail)?",
    r"(?:i['’]m\s)?(?:sorry|afraid),?\s.{0,120}?(?:deliver|mailbox|recipient|host\sby\sthat\sname)",
    r"(?:mail\s|message\s)?delivery\s(?:to|of|for|has|status|failed|delayed)\s.{0,160}?(?:fail|delay|recipient|reject|error|suspend|could\snot)",
    r"delivery\s(?:to\sthe\sfollowing|has\sfailed|failed|to\sthese)",
    r"each\sof\sthe\sfollowing\srecipients\swas\srejected",
    r"the\suser\(s\)\s",
    r"message\scould\snot\sbe\sdelivered\sto\smobile",
    (r"(?:unknown\suser|user\sunknown|no\ssuch\suser|invalid\s(?:user|recipient|final\sdelivery\suserid)|unknown\shost|undeliverable\sto|"
    r"user\smailbox\sexceeds|recipient\saddress\srejected|mailbox\s(?:is\s)?full)\b.{0,6}"),
    r"\d+\s*error\(s\):",
    r"smtp\sserver\s<[^>]{1,200}>\srejected",
    r"(?:sent|received)\s(?:<<<|>>>)\s",
    r"(?:<<<|>>>)\s?(?:[245]\d\d\s|rcpt|mail\sfrom|data\b)",
    r"<[^<>\s]{1,120}@[^<>\s]{1,120}>:?\s*(?:\(?reason|(?:host\s|unknown|user|mail\s|does\snot|said|[45]\d\d|this\suser|message|undeliver|sorry|delivery|connected))",
    r"(?:\d{3}[ -])?[45]\.\d{1,3}\.\d{1,3}\s",
    r"final-recipient:\s*rfc822|diagnostic-code:\s*smtp|reporting-mta:\s*dns",
    r"message\sfrom\s+\S+\.\s*$",
    r"duplicated\smessage-id\sin\s|you\sare\snot\sa\smember\sof\sthis\smailing\slist",
    r"technical\sdetails\sof\s(?:permanent|temporary)\sfailure|a\stranscript\sof\sthe\sattempts",
    r"addressed\sto:\s|attempted\srecipient|reason\sfor\s(?:non-?delivery|failure)",
)  # fmt: skip
_DAEMONS_SAY_ELSEWHERE = (
    r"(?:n[aã]o\sfoi\sposs[ií]vel|n[aã]o\sconseguimos|n[aã]o\spudemos)\s(?:entregar|enviar|fazer\sa\sentrega)",
    r"(?:sua|esta|a)\s(?:mensagem|e-?mail).{0,160}?n[aã]o\s(?:p[oô]de|foi|pode|ser[aá])\s(?:ser\s)?(?:entregue|enviad)",
    r"(?:a\s)?entrega\s.{0,80}?(?:falhou|n[aã]o\sfoi)|(?:falha|erro)\s(?:na|de|ao)\s(?:entreg|envi)",
    r"(?:este|esta)\s(?:e-?mail|mensagem)\sfoi\s(?:criad|gerad)[ao]\sautomaticamente\s(?:pelo|por)\s.{0,30}(?:e-?mail|correio|mail)",
    r"no\s(?:se\s(?:ha\s)?)?(?:pudo|puede|podido|ha\spodido)\s(?:ser\s)?(?:entreg|envi)|(?:su|el|este)\smensaje.{0,160}?no\s(?:se\s)?(?:pudo|ha|puede|fue)\s",
    r"(?:votre|le|ce)\s(?:message|courrier).{0,160}?n['’]a\s(?:pas\s)?(?:pu|[eé]t[eé])|[eé]chec\sde\s(?:la\s)?remise|(?:la\s)?remise\s.{0,60}a\s[eé]chou[eé]",
    r"(?:ihre|die|diese|eine)\s(?:folgende\s)?(?:nachricht|e-?mail|mail).{0,160}?(?:konnte|kann|wurde)\s.{0,60}?(?:nicht|zugestellt|zur[uü]ck)",
    r"(?:il|questo)\s(?:tuo\s|suo\s)?messaggio.{0,160}?non\s(?:[eè]\sstato|pu[oò]|ha\spotuto)",
    r"(?:ваше\s)?(?:сообщение|письмо).{0,120}?не\s(?:было|может|доставлен|удалось)",
    r"(?:次の|下記の|以下の|お客様|送信|あなた).{0,60}?(?:配信|配送|送信|届け|送れ)|(?:メッセージ|メール).{0,40}(?:配信|配送|送信|送れ).{0,12}(?:ません|失敗|でき)|宛先.{0,40}(?:見つかり|存在)",
    r".{0,30}(?:退信|退回|无法送达|投递失败|无法投递|無法傳送)",
)  # fmt: skip
_STRONG = "|".join(_DAEMONS_SAY[:14])
_LEADING = re.compile(rf"[\s*|=_#>.-]*+(?:{_STRONG}|\d+\s*error\(s\):\s+smtp\sserver)", re.IGNORECASE)
_WITHIN = re.compile(
    rf"^[ \t*|>\"'(-]{{0,20}}(?:{'|'.join((*_DAEMONS_SAY, *_DAEMONS_SAY_ELSEWHERE))})", re.IGNORECASE | re.MULTILINE
)
_NOTIFICATION = re.compile(
    r"\s*\{.{0,4000}?\\?\"(?:notificationType|eventType)\\?\"\s*:\s*\\?\""
    r"(?:Bounce|Complaint|Delivery|DeliveryDelay|Reject)\\?\"",
    re.DOTALL,
)


def begins_as_a_bounce(text: str) -> bool:
    """Whether its very first words are ones that only a mail server writes."""
    return _LEADING.match(text, 0, READ) is not None


def tells_of_a_failure(text: str) -> bool:
    """Whether a line near its beginning is one that mail servers write; people quote such lines too."""
    return _WITHIN.search(text, 0, READ) is not None


def is_a_notification(text: str) -> bool:
    """Whether it is the JSON by which Amazon SES reports through SNS what became of a mail."""
    return text.lstrip()[:1] == "{" and _NOTIFICATION.match(text, 0, READ * 4) is not None
