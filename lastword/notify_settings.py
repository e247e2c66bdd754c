"""The settings of `lastword notify`: who hears of a run, and how. Secrets are environment variables, named here."""

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from lastword.configuration import ListOf, Section
from lastword.mistakes import Mistake, raise_any, shown, wrong

Variable = Annotated[str, Field(min_length=1)]
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_LOCAL = r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)"


def _check_variable(name: str | None, example: str) -> str | None:
    """A name of an environment variable, so that a password written here by mistake is told."""
    if name is not None and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
        raise wrong(
            f"this is no environment variable's name (capitals, digits and _); write {example}, and set that to the secret"
        )
    return name


class Email(Section):
    """[notify.email]: a mail server and who gets the digest. `password_variable` names an environment variable."""

    host: Annotated[str, Field(min_length=1, examples=['"smtp.example.com"'])]
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    starttls: bool = True
    user: Annotated[str | None, Field(min_length=1, examples=['"lastword"'])] = None
    password_variable: Annotated[Variable | None, Field(examples=['"LASTWORD_SMTP_PASSWORD"'])] = None
    sender: Annotated[str, Field(examples=['"lastword@example.com"'])]
    to: Annotated[ListOf[str], Field(examples=['["planning@example.com"]'])]

    @field_validator("host")
    @classmethod
    def _is_a_host(cls, host: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9.:_-]+", host):
            raise wrong(f'{shown(host)} is no mail server; write its name alone, as in host = "smtp.example.com"')
        return host

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, sender: str) -> str:
        if not _ADDRESS.fullmatch(sender):
            raise wrong(f'{shown(sender)} is no address; write sender = "lastword@example.com"')
        return sender

    @field_validator("to")
    @classmethod
    def _are_addresses(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        if not to:
            raise wrong('an empty list tells nobody; write to = ["planning@example.com"]')
        odd = [index for index, each in enumerate(to) if not _ADDRESS.fullmatch(each)]
        raise_any([Mistake((i,), f'{shown(to[i])} is no address; write one, as in "planning@example.com"') for i in odd])
        return to

    @field_validator("password_variable")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        return _check_variable(name, 'password_variable = "LASTWORD_SMTP_PASSWORD"')

    @model_validator(mode="after")
    def _signs_in_with_both(self) -> Self:
        if self.user is not None and self.password_variable is None:
            text = 'a user needs a password; write password_variable = "LASTWORD_SMTP_PASSWORD"'
            raise wrong(text, "password_variable")
        if self.password_variable is not None and self.user is None:
            raise wrong('a password needs a user; write user = "lastword"', "user")
        if self.user is not None and not self.starttls and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise wrong("the password would go over the network as it is; write starttls = true", "starttls")
        return self


class Webhook(Section):
    """[notify.webhook]: an address that gets the digest as JSON, signed where `secret_variable` names a secret."""

    url: Annotated[str, Field(examples=['"https://hooks.example.com/lastword"'])]
    secret_variable: Annotated[Variable | None, Field(examples=['"LASTWORD_WEBHOOK_SECRET"'])] = None

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not re.match(rf"https://[^/?#\s@]+(/|\?|$)|{_LOCAL}", url) or re.search(r"\s", url):
            raise wrong('this is no webhook; write its https address, as in url = "https://hooks.example.com/lastword"')
        return url

    @field_validator("secret_variable")
    @classmethod
    def _names_a_variable(cls, name: str | None) -> str | None:
        return _check_variable(name, 'secret_variable = "LASTWORD_WEBHOOK_SECRET"')


class Notify(Section):
    """[notify]: whether runs send a digest by themselves, only with news or always, accounts it names, where it links to."""

    after_runs: bool = False
    only_news: bool = False
    top: Annotated[int, Field(ge=0, le=100)] = 10
    link: Annotated[str, Field(examples=['"https://lastword.example.com"'])] = "http://localhost:8000"
    email: Annotated[Email | None, Field(examples=['{ host = "smtp.example.com", … }'])] = None
    webhook: Annotated[Webhook | None, Field(examples=['{ url = "https://hooks.example.com/lastword" }'])] = None

    @field_validator("link")
    @classmethod
    def _is_an_address(cls, link: str) -> str:
        if not re.fullmatch(r"https?://[^\s?#<>\"]+", link):
            raise wrong(
                f'{shown(link)} is no address; write that of the review application, as in link = "https://lastword.example.com"'
            )
        return link.rstrip("/")

    @model_validator(mode="after")
    def _knows_whom_to_tell(self) -> Self:
        if self.after_runs and self.email is None and self.webhook is None:
            raise wrong("nobody would be told; add a section [notify.email] or [notify.webhook]", "after_runs")
        return self
