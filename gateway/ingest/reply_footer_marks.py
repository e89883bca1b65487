"""The words of device footers, virus scanners and banners, by language; data alone."""

import re

_THING = "|".join(
    """iphone ipad ipod galaxy smartphone celular telem[óo]vel samsung outlook windows yahoo gmail android dispositivo telefone
    tablet xiaomi redmi motorola moto huawei uol bol aplicativo app aparelho proton blackberry lg asus nokia sony htc mailbox
    spark mail\\.ru aol airmail hotmail bluemail canary superhuman mobile phone tel[ée]fono m[óo]vil t[ée]l[ée]phone handy
    mobilger[äa]t telefon xperia pixel nine zimbra workspace aquamail edison fairemail inbox verizon at&t t-mobile wireless
    vodafone orange typeapp mymail newton posteo web\\.de gmx mobiltelefon mobil computador""".split()
)
DEVICE = re.compile(
    "|".join(
        (
            rf"(?:enviad[oa]|mensagem enviada|escrito)\b.{{1,60}}?\b(?:{_THING})",
            rf"(?:sent|typed|written|emailed) (?:from|via|using|with|by|on) .{{0,60}}?\b(?:{_THING})",
            r"sent from my \w[^.!?,;]{1,30}$",
            r"sent (?:from|via|with) \w+$",
            r"(?:obt(?:er|enha|ener|enez)|baix(?:e|ar)|hent|hämta|skaffa|download|télécharger|scarica|get) (?:o )?outlook\b",
            r"outlook (?:für|for|para) (?:ios|android)\b",
            r"pobierz aplikację outlook\b",
            r"envoyé (?:de(?:puis)?|à partir|via|avec)\b.{1,40}",
            r"inviato d(?:a|al|all)\b.{1,40}",
            r"gesendet (?:von|mit|über|via)\b.{1,40}",
            r"von (?:meinem|unterwegs)\b.{0,30}(?:gesendet|geschickt|iphone|ipad|handy|mobilger[äa]t)\b",
            r"diese nachricht wurde von .{3,40} gesendet",
            r"(?:verzonden|verstuurd) (?:vanaf|van|met|via)\b.{1,40}",
            r"(?:sendt fra|skickat? från|wysłan[eoy] (?:z|przez)|lähetetty|odesláno z|отправлено (?:с|из))\b.{1,40}",
            r"trimis de pe\b.{1,40}",
            r"(?:iphone|ipad|android)(?:'|’)?[ıiu]?m?dan gönderildi",
            r"(?:iphone|ipad)から送信|从我的.{1,20}发送|发自我的.{1,20}|나의 .{1,20}에서 보냄",
            r"yahoo mail: (?:search|pesquise|busca|procure)\b.{0,60}",
            r"(?:virus-free|livre de v[íi]rus|sem v[íi]rus|libre de virus|virenfrei)\b.{0,60}",
            r"(?:est[ea]|this|el presente) (?:e-?mail|mensagem|correo|message)\b.{0,60}"
            r"\b(?:avast|avg|kaspersky|mcafee|antiv[íi]rus)\b",
        )
    ),
    re.IGNORECASE,
)
# The first two letters of what `DEVICE` knows, for most lines need no pattern.
DEVICE_STARTS = frozenset(
    """en me es se ty wr em ob ba ge do he hä sk ou té po sc in vo di ve wy lä od от tr ip ia an 从我 发自 나의 ya vi li th el
    te sa""".split()
)
# A line that goes on with a sentence of some length is somebody's own.
SENTENCE = re.compile(r"[.!?;,][ ]+\S.{60}")

BANNER = re.compile(
    r"[\s*\[<(#!⚠️-]{0,8}(?:"
    + "|".join(
        (
            r"(?:external|externo|e-?mail externo|ext)(?!\w)",
            r"caution|cuidado|aten[cç][aã]o|warning|aviso|alerta|importante|achtung|attention|precauci[óo]n",
            r"(?:this|est[ea]) (?:message|e-?mail|mensagem|correo)",
            r"you don['’]t often get e-?mail from",
            r"some people who received this message",
            r"(?:voc[êe] )?n[ãa]o costuma receber",
            r"no suele recibir",
        )
    )
    + ")",
    re.IGNORECASE,
)
OUTSIDE = re.compile(
    r"extern(?:al|[oa])?\b|outside|fora d[aeo]|origina(?:ted|do|da)\b|often get e-?mail|n[ãa]o costuma receber"
    r"|no suele recibir|fuera de la|extérieur|außerhalb",
    re.IGNORECASE,
)
ADVICE = re.compile(
    r"\b(?:clique|clicar|click|links?|anexos?|attachments?|remetente|sender|conte[úu]do|content|suspeit|seguro|safe"
    r"|saiba por que|learn why|recogni[sz]e|reconhe[çc]a|origem|enlaces|organi[sz]a)",
    re.IGNORECASE,
)
MAIL = re.compile(r"\b(?:e-?mails?|mail|mensagem|mensagens|messages?|correos?)\b", re.IGNORECASE)
# `Este e-mail é para pedir acesso externo` is somebody's own.
BANNER_THIS = re.compile(r"(?:this|est[ea])\b", re.IGNORECASE)
FROM_OUTSIDE = re.compile(r"outside|fora d[aeo]|origina(?:ted|do|da)\b", re.IGNORECASE)
BANNER_TAG = re.compile(r"[\s*\[<(#!⚠️-]{0,8}(?:external|externo|ext)(?!\w)", re.IGNORECASE)
# What stands below signatures.
NOTICE = re.compile(
    r"confiden|privileg|sigilos|intended|destinat[áa]rio|mensagem|message|e-?mail|imprimir|print|privacidade|privacy|lgpd",
    re.IGNORECASE,
)
