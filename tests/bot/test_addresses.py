"""An address is found again however it is spelled, and never shows where it should not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot import addresses
from bot.addresses import AddressError
from bot.model import Address, Channel


def sms_address(value: str) -> Address:
    return Address(channel=Channel.SMS, value=value)


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("+12025550123", "+12025550123"),
        ("12025550123", "+12025550123"),  # Plivo, Vonage, Sinch, Infobip and Meta omit the +
        ("2025550123", "+12025550123"),
        ("(202) 555-0123", "+12025550123"),
        ("447700900123", "+447700900123"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+33639980123", "+33639980123"),
        ("262966", "262966"),
        ("32665", "32665"),
        ("911", "911"),
        ("12345678", "12345678"),
        ("+999123456789", "+999123456789"),  # a calling code that nobody has given out yet
    ],
)
def test_a_sender_is_known_in_every_provider_s_spelling(spelled: str, value: str) -> None:
    assert addresses.sms(spelled) == sms_address(value)


@pytest.mark.parametrize("text", ["", "ACME", "+", "12", "++12025550123", "1" * 17, "٣"])
def test_what_is_no_sender_of_a_text_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        addresses.sms(text)


def test_eight_digits_are_a_number_where_such_numbers_are_in_use() -> None:
    assert addresses.sms("41234567", region="NO").value == "+4741234567"
    assert addresses.sms("41234567", region="US").value == "41234567"


@pytest.mark.parametrize(
    ("old", "new"),
    [("+5215512345678", "+525512345678"), ("+551187654321", "+5511987654321")],
)
def test_a_renumbered_mobile_is_the_same_address_on_sms_and_whatsapp(old: str, new: str) -> None:
    assert addresses.sms(old) == addresses.sms(new) == addresses.parse(old)
    assert addresses.whatsapp(old.removeprefix("+")) == addresses.whatsapp(new)


def test_a_brazilian_landline_keeps_its_eight_digits() -> None:
    assert addresses.sms("+551132345678").value == "+551132345678"


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("12025550123", "+12025550123"),
        ("+12025550123", "+12025550123"),
        ("whatsapp:+12025550123", "+12025550123"),
        ("US.13491208655302741918", "US.13491208655302741918"),
        ("US.ENT.1181579921288684", "US.ENT.1181579921288684"),
    ],
)
def test_whatsapp_knows_people_by_number_or_by_scoped_id(spelled: str, value: str) -> None:
    assert addresses.whatsapp(spelled) == Address(channel=Channel.WHATSAPP, value=value)


@pytest.mark.parametrize("text", ["", "12345", "US.", "us.123", "US.1-2", "+1202555012x"])
def test_other_whatsapp_senders_are_refused(text: str) -> None:
    with pytest.raises(AddressError):
        addresses.whatsapp(text)


@pytest.mark.parametrize(
    ("spelled", "value"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann@Example.COM ", "ann@example.com"),
        ("Ann Lee <ann@example.com>", "ann@example.com"),
        ('"Lee, Ann <boss>" <Ann@example.com>', "ann@example.com"),
        ("<mailto:ann@example.com>", "ann@example.com"),
        ("mailto:ann%2Bnews@example.com?subject=stop", "ann+news@example.com"),
        ("a.n.n+shop@example.com", "a.n.n+shop@example.com"),
        ("ann@example.com.", "ann@example.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"),
        ("ann@faß.example", "ann@xn--fa-hia.example"),
        ("JOSE\u0301@example.com", "josé@example.com"),
        ("用户@例え.example", "用户@xn--r8jz45g.example"),
        ('"ann"@example.com', "ann@example.com"),
        ('"Ann Lee"@example.com', '"ann lee"@example.com'),
        ('"a\\"b@c"@example.com', '"a\\"b@c"@example.com'),
        ("ann\u200b@example.com", "ann@example.com"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_a_mailbox_is_one_address_in_every_spelling(spelled: str, value: str) -> None:
    assert addresses.email(spelled) == Address(channel=Channel.EMAIL, value=value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "ann lee@example.com",
        "ann@exa mple.com",
        "ann@-example.com",
        "ann@example..com",
        "a@example.com, b@example.com",
        "a@b@example.com",
        "ann\r\nBcc: bob@example.com",
        '"a\nb"@example.com',
        f"{'a' * 65}@example.com",
        f"{'é' * 33}@example.com",
        f"ann@{'a' * 64}.com",
        f"ann@{'.'.join(['a' * 60] * 5)}.com",
        "ann\ud800@example.com",
        "ann@\u2603\u2603.\u0300",
    ],
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        addresses.email(text)


def test_the_longest_mailbox_that_mail_allows_is_taken() -> None:
    local = "a" * 64
    domain = ".".join(["b" * 61] * 3) + ".ex"
    assert len(f"{local}@{domain}") == 253
    assert addresses.email(f"{local}@{domain}").value == f"{local}@{domain}"
    with pytest.raises(AddressError, match="254"):
        addresses.email(f"{local}@{domain}am")


@pytest.mark.parametrize(
    ("typed", "channel", "value"),
    [
        ("(202) 555-0123", Channel.SMS, "+12025550123"),
        ("202.555.0123", Channel.SMS, "+12025550123"),
        ("202\u2011555\u20110123", Channel.SMS, "+12025550123"),
        ("+1\u00a0202\u00a0555\u00a00123", Channel.SMS, "+12025550123"),
        ("+1 202 555 0123", Channel.SMS, "+12025550123"),
        ("２０２５５５０１２３", Channel.SMS, "+12025550123"),
        ("＋１（２０２）５５５－０１２３", Channel.SMS, "+12025550123"),
        ("٢٠٢٥٥٥٠١٢٣", Channel.SMS, "+12025550123"),
        ("\u202a+12025550123\u202c", Channel.SMS, "+12025550123"),
        ("“+1 202 555 0123”", Channel.SMS, "+12025550123"),
        ("'+12025550123',", Channel.SMS, "+12025550123"),
        ("0044 7700 900123", Channel.SMS, "+447700900123"),
        ("011 44 7700 900123", Channel.SMS, "+447700900123"),
        ("447700900123", Channel.SMS, "+447700900123"),
        ("tel:+1-202-555-0123;ext=4", Channel.SMS, "+12025550123"),
        ("sms:+12025550123?body=STOP", Channel.SMS, "+12025550123"),
        ("<tel:+12025550123|(202) 555-0123>", Channel.SMS, "+12025550123"),
        ("whatsapp:+12025550123", Channel.WHATSAPP, "+12025550123"),
        ("32665", Channel.SMS, "32665"),
        ("Ann Lee <Ann@Example.com>", Channel.EMAIL, "ann@example.com"),
        ('"Lee, Ann" <ann@example.com>', Channel.EMAIL, "ann@example.com"),
        ("<mailto:a@example.com|a@example.com>", Channel.EMAIL, "a@example.com"),
        ("Ann <mailto:a@example.com|a@example.com>", Channel.EMAIL, "a@example.com"),
        ("«ann@example.com»;", Channel.EMAIL, "ann@example.com"),
        ("ann＠example.com", Channel.EMAIL, "ann@example.com"),
        ("mailto:ann%2Bx@example.com", Channel.EMAIL, "ann+x@example.com"),
        ("T012/U345", Channel.SLACK, "T012/U345"),
        ("t012/u345", Channel.SLACK, "T012/U345"),
        ("slack:T012/U345", Channel.SLACK, "T012/U345"),
        ("<@U345|ann>", Channel.SLACK, "T012/U345"),
        ("<@U345>", Channel.SLACK, "T012/U345"),
    ],
)
def test_people_may_write_an_address_as_they_like(typed: str, channel: Channel, value: str) -> None:
    assert addresses.parse(typed, region="US", team="T012") == Address(channel=channel, value=value)


def test_digits_that_people_type_are_read_in_their_own_country() -> None:
    assert addresses.parse("020 7946 0958", region="GB").value == "+442079460958"
    assert addresses.parse("07700 900123", region="gb").value == "+447700900123"
    assert addresses.parse("12025550123", region="DE").value == "+12025550123"


def test_the_channel_can_be_said_beforehand() -> None:
    number = "+1 202 555 0123"
    assert addresses.parse(number, channel=Channel.WHATSAPP).channel is Channel.WHATSAPP
    assert addresses.parse(f"tel:{number}", channel=Channel.WHATSAPP).value == "+12025550123"
    scoped = addresses.parse("US.1349120865", channel=Channel.WHATSAPP)
    assert scoped == addresses.whatsapp("US.1349120865")
    assert addresses.parse("U345", channel=Channel.SLACK, team="T012").value == "T012/U345"
    assert addresses.parse(" Desk 4 ", channel=Channel.OTHER).value == "Desk 4"


@pytest.mark.parametrize(
    ("typed", "channel"),
    [
        ("", None),
        ("Ann", None),
        ("call 2 friends 0123", None),
        ("1-800-FLOWERS", None),
        ("+1202555012", None),
        ("020 7946 0958", None),  # not a number of the US
        ("555-0100", None),  # nobody can be reached without the area code
        ("<@U345|ann>", None),  # whose workspace?
        ("ann@example.com", Channel.SMS),
        ("+12025550123", Channel.EMAIL),
        ("mailto:ann@example.com", Channel.SMS),
        ("32665", Channel.WHATSAPP),
        ("\x07", Channel.OTHER),
        ("9" * 600, None),
    ],
)
def test_what_cannot_be_an_address_is_refused_without_repeating_it(
    typed: str, channel: Channel | None
) -> None:
    with pytest.raises(AddressError) as caught:
        addresses.parse(typed, region="US", channel=channel)
    assert not typed or typed not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "region"),
    [
        (addresses.sms("+12025550123"), "US"),
        (addresses.sms("+14165550123"), "CA"),
        (addresses.sms("+15550100000"), None),  # +1, but nobody's area code
        (addresses.sms("+447700900123"), "GB"),
        (addresses.sms("+33639980123"), "FR"),
        (addresses.sms("+80012345678"), None),  # freephone of no country
        (addresses.sms("+999123456789"), None),
        (addresses.sms("32665"), None),
        (addresses.whatsapp("4915112345678"), "DE"),
        (addresses.whatsapp("BR.1349120865"), "BR"),
        (addresses.email("ann@example.com"), None),
        (addresses.slack("T012", "U345"), None),
    ],
)
def test_the_country_of_a_number_is_told_only_when_it_is_sure(
    address: Address, region: str | None
) -> None:
    assert addresses.country(address) == region


def test_every_plus_one_number_is_of_the_north_american_plan() -> None:
    assert addresses.is_nanp(addresses.sms("+12025550123"))
    assert addresses.is_nanp(addresses.sms("+15550100000"))
    assert addresses.is_nanp(addresses.whatsapp("18765550123"))
    assert not addresses.is_nanp(addresses.sms("+447700900123"))
    assert not addresses.is_nanp(addresses.sms("10987"))
    assert not addresses.is_nanp(addresses.email("+1@example.com"))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (addresses.sms("+12025550123"), "+1 *** *** 0123"),
        (addresses.sms("+447700900123"), "+44 *** *** 0123"),
        (addresses.sms("32665"), "***5"),
        (addresses.email("ann@example.com"), "a***@example.com"),
        (addresses.email("a@example.com"), "***@example.com"),
        (addresses.email('"ann lee"@example.com'), "a***@example.com"),
        (addresses.slack("T012", "U345678"), "T012/***78"),
        (addresses.whatsapp("US.13491208655302741918"), "***1918"),
        (addresses.parse("Desk 4", channel=Channel.OTHER), "*** 4"),
    ],
)
def test_a_masked_address_is_recognised_but_cannot_be_written_to(
    address: Address, shown: str
) -> None:
    assert addresses.masked(address) == shown
    assert address.value not in shown


def test_the_key_keeps_channels_apart() -> None:
    text, chat = addresses.sms("+12025550123"), addresses.whatsapp("+12025550123")
    assert addresses.key(text) == b"sms\0+12025550123"
    assert addresses.key(chat) == b"whatsapp\0+12025550123"
    for scheme in ("sms", "mms", "rcs", "tel"):
        assert addresses.key(addresses.parse(f"{scheme}:+12025550123")) == addresses.key(text)


# --- whatever comes ------------------------------------------------------------------------------

phone_like = st.text(alphabet="+0123456789 ()-./", max_size=20)
e164_like = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
mail_like = st.builds(
    "{}@{}".format,
    st.text(min_size=1, max_size=12),
    st.text(min_size=1, max_size=12),
)


@given(st.one_of(phone_like, e164_like), st.sampled_from(["US", "GB", "DE", "BR", "NO"]))
@example("+5215215512345", "US")
@example("+44000000", "US")
def test_a_normalised_number_stays_as_it_is(text: str, region: str) -> None:
    try:
        once = addresses.sms(text, region=region)
    except AddressError:
        return
    assert addresses.sms(once.value, region=region) == once


@given(st.one_of(mail_like, st.text(max_size=30), st.emails()))
@example("\u0345A\u0301@example.com")
@example('"\\\\"@example.com')
def test_a_normalised_mailbox_stays_as_it_is(text: str) -> None:
    try:
        once = addresses.email(text)
    except AddressError:
        return
    assert addresses.email(once.value) == once
    assert addresses.key(once).startswith(b"email\0")


@given(
    st.one_of(st.text(max_size=40), phone_like, e164_like, mail_like),
    st.sampled_from([None, *Channel]),
)
def test_any_text_is_an_address_or_a_clear_error(text: str, channel: Channel | None) -> None:
    try:
        found = addresses.parse(text, channel=channel, team="T012")
    except AddressError:
        return
    assert channel in (None, found.channel)
    again = addresses.parse(found.value, channel=found.channel, team="T012")
    assert again == found
    assert addresses.masked(found)
    assert found.channel is Channel.OTHER or found.value not in addresses.masked(found)
    assert addresses.key(found).decode().partition("\0") == (found.channel, "\0", found.value)


@given(st.text(alphabet="123456789@<> ", min_size=3, max_size=30).map(lambda text: f"{text}x"))
def test_no_error_repeats_what_was_typed(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        addresses.parse(text, channel=Channel.SMS)
    assert text.strip() not in str(caught.value)


@given(e164_like)
def test_what_people_type_and_what_providers_report_is_the_same_address(text: str) -> None:
    try:
        typed = addresses.parse(text)
    except AddressError:
        return
    assert typed == addresses.sms(text)
