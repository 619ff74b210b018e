"""Mail by real servers: SMTP and IMAP on loopback."""

from email.message import EmailMessage

import pytest

from services.launcher.ports import free_port
from tests.integration.runner.nodes.imap_server import imap_server
from tests.mailbox import Mailbox, mail_server


class Refusing(Mailbox):
    """Says so to whom it does not let in."""

    def sign_in(self, *given):
        result = super().sign_in(*given)
        result.handled = result.success
        return result


@pytest.fixture
async def smtp():
    async with mail_server(Refusing(), auth_require_tls=False) as mailbox:
        yield mailbox


@pytest.fixture
async def imap():
    async with imap_server() as place:
        yield place


def sending(mailbox: Mailbox, **more):
    server = {"host": "127.0.0.1", "port": mailbox.port, "security": "none"}
    return {"server": server, "sender": "Büro <office@example.com>", "to": ["a@example.com"], **more}


def order(subject: str, **attachments: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "keller@example.com", "office@example.com", subject
    message["Message-ID"] = "<1@example.com>"
    message.set_content("Please see the file.\n")
    for name, data in attachments.items():
        message.add_attachment(data, maintype="text", subtype="csv", filename=name.replace("_", "."))
    return message


async def test_a_mail_with_html_attachments_and_blind_copy_arrives_as_it_was_meant(place, smtp):
    place.write("über.csv", "a,b\n")
    output = await place.run(
        "mail.send",
        **sending(
            smtp,
            cc=["C <c@example.com>"],
            bcc=["b@example.com"],
            subject="Grüße 17",
            text="Hello\n",
            html="<p>Hello</p>",
            attachments=["über.csv"],
            inReplyTo="<1@example.com>",
        ),
    )
    [mail] = smtp.received
    assert (mail.sender, mail.recipients) == ("office@example.com", ["a@example.com", "c@example.com", "b@example.com"])
    assert (mail.text.strip(), mail.html.strip()) == ("Hello", "<p>Hello</p>")
    assert mail.message["Subject"] == "Grüße 17"
    assert (mail.message["Bcc"], mail.message["In-Reply-To"]) == (None, "<1@example.com>")
    [attachment] = mail.message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("über.csv", "a,b\n")
    assert output["messageId"] == mail.message["Message-ID"]
    assert output["refused"] == []


async def test_signing_in_and_being_refused(place, smtp):
    config = sending(smtp)
    config["server"] |= {"username": "office", "password": "secret"}
    await place.run("mail.send", **config)
    assert smtp.signed_in == ["office"]
    config["server"]["password"] = "geheim"
    failure = await place.fail("mail.send", **config)
    assert (failure.code, failure.retryable) == ("MAIL_LOGIN_FAILED", False)
    assert "geheim" not in failure.message


async def test_refused_recipients_are_told_and_all_refused_is_a_failure(place, smtp):
    smtp.refuse["gone@example.com"] = "550 nobody here"
    output = await place.run("mail.send", **sending(smtp, cc=["gone@example.com"]))
    assert output["recipients"] == ["a@example.com"]
    assert output["refused"] == [{"address": "gone@example.com", "answer": "550 nobody here"}]
    failure = await place.fail("mail.send", **sending(smtp, to=["gone@example.com"]))
    assert (failure.code, failure.retryable) == ("MAIL_REFUSED", False)
    smtp.data_answer = "451 later"
    failure = await place.fail("mail.send", **sending(smtp))
    assert (failure.code, failure.retryable) == ("MAIL_REFUSED", True)


async def test_wrong_addresses_missing_files_and_servers_say_so(place, smtp):
    assert (await place.fail("mail.send", **sending(smtp, cc=["nobody"]))).code == "MAIL_ADDRESS_INVALID"
    assert (await place.fail("mail.send", **sending(smtp, attachments=["no.txt"]))).code == "FILE_NOT_FOUND"
    config = sending(Mailbox(port=free_port()))
    failure = await place.fail("mail.send", **config)
    assert (failure.code, failure.retryable) == ("MAIL_UNREACHABLE", True)
    for wrong in ({"subject": "a\nBcc: x@example.com"}, {"to": []}):
        with pytest.raises(ValueError, match=r"subject|recipient"):
            await place.run("mail.send", **sending(smtp, **wrong))
    assert smtp.received == []


async def test_mails_are_found_read_with_attachments_and_moved(place, imap):
    imap.put(order("Order 1", orders_csv=b"a;b\n1;2\n"))
    imap.put(order("Order 2", orders_csv=b"x"))
    imap.put(order("Newsletter"))
    found = await place.run(
        "mail.search", server=imap.config, subject="Order", unread=True, sender="keller@example.com"
    )
    assert [mail["subject"] for mail in found["mails"]] == ["Order 2", "Order 1"]
    uid = found["mails"][1]["uid"]
    mail = await place.run("mail.read", server=imap.config, uid=uid, saveTo="in", pattern="*.CSV")
    assert (mail["text"].strip(), mail["messageId"], mail["read"]) == ("Please see the file.", "<1@example.com>", True)
    [attachment] = mail["attachments"]
    assert (attachment["name"], attachment["size"], attachment["mediaType"]) == ("orders.csv", 8, "text/csv")
    assert (place.workdir / "in/orders.csv").read_bytes() == b"a;b\n1;2\n"
    unread = await place.run("mail.search", server=imap.config, subject="Order", unread=True)
    assert [mail["subject"] for mail in unread["mails"]] == ["Order 2"]
    moved = await place.run("mail.move", server=imap.config, uids=[uid, "4000000"], target="Done")
    assert moved == {"moved": [uid], "missing": ["4000000"]}
    assert (await place.run("mail.search", server=imap.config, folder="Done"))["count"] == 1
    again = await place.run("mail.move", server=imap.config, uids=[uid], target="Done")
    assert again == {"moved": [], "missing": [uid]}
    assert (await place.fail("mail.read", server=imap.config, uid=uid)).code == "MAIL_NOT_FOUND"


async def test_names_of_attachments_cannot_leave_the_folder_or_hide_each_other(place, imap):
    message = order("Order")
    for name in ("../../evil.sh", "evil.sh", ".._.._evil.sh", "..", "a\\b:c.txt"):
        message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    imap.put(message)
    found = await place.run("mail.search", server=imap.config, subject="Order")
    await place.run("mail.read", server=imap.config, uid=found["mails"][0]["uid"], saveTo="in")
    names = place.names()
    assert len(names) == 5
    assert all(name.startswith("in/") and name.count("/") == 1 for name in names)


async def test_logins_folders_and_servers_that_are_wrong_say_so(place, imap):
    wrong = imap.config | {"password": "falsch"}
    failure = await place.fail("mail.search", server=wrong)
    assert failure.code == "MAIL_LOGIN_FAILED"
    assert "falsch" not in failure.message
    assert (await place.fail("mail.search", server=imap.config, folder="Gone")).code == "MAIL_FOLDER_NOT_FOUND"
    failure = await place.fail("mail.search", server=imap.config | {"port": free_port()})
    assert (failure.code, failure.retryable) == ("MAIL_UNREACHABLE", True)
