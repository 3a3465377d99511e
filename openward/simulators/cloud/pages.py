"""The pages of a partner cloud that people see: log in, allow, and take back."""

from collections.abc import Mapping
from html import escape

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b2430}"
    "label{display:block;margin:1rem 0}input[type=text],input[type=password]{width:100%;font:inherit;padding:.5rem}"
    "button{font:inherit;padding:.5rem 1rem;margin-right:.5rem}.fault{color:#a11}footer{margin-top:3rem;color:#667}"
)


def login(title: str, action: str, hidden: Mapping[str, str], fault: str = "") -> str:
    """Ask who it is."""
    told = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    return _page(
        f"Log in to {title}",
        told + f'<form method="post" action="{escape(action)}">{_hidden(hidden)}'
        '<label>User name<input type="text" name="username" autocomplete="username" required autofocus></label>'
        '<label>Password<input type="password" name="password" autocomplete="current-password" required></label>'
        '<button type="submit">Log in</button></form>',
    )


def consent(title: str, app: str, person: str, action: str, hidden: Mapping[str, str]) -> str:
    """Ask whether the application may see the data."""
    return _page(
        f"Share your {title} data",
        f"<p>Hello {escape(person)}. <b>{escape(app)}</b> asks to see your device data, past and future, until you "
        f'take this back.</p><form method="post" action="{escape(action)}">{_hidden(hidden)}'
        '<button type="submit" name="decision" value="allow">Allow</button>'
        '<button type="submit" name="decision" value="deny">Deny</button></form>',
    )


def apps(title: str, app: str, person: str, action: str, *, is_granted: bool) -> str:
    """What has been allowed, with a button to take it back."""
    if is_granted:
        shown = (
            f'<p><b>{escape(app)}</b> sees your device data.</p><form method="post" action="{escape(action)}">'
            '<button type="submit" name="decision" value="revoke">Remove access</button></form>'
        )
    else:
        shown = "<p>No application sees your data.</p>"
    return _page(f"Applications with access to your {title} data", f"<p>Hello {escape(person)}.</p>" + shown)


def refused(title: str, reason: str) -> str:
    """A request that cannot be sent back to where it came from, for it does not say so rightly."""
    return _page(f"{title} cannot go on", f'<p class="fault" role="alert">{escape(reason)}</p>')


def _hidden(values: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in values.items()
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>'
        f"<h1>{escape(title)}</h1>{body}</main><footer>A simulated partner cloud. Nobody here is real.</footer>"
        "</body></html>"
    )
