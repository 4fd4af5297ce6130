# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of whom a host tells by itself."""

from __future__ import annotations


class ModuleDocFragment:
    """The option ``notify``."""

    DOCUMENTATION = r"""
options:
  notify:
    description:
      - Whom the host itself tells by mail and webhooks what would be an alert of Prometheus, for where there is none.
        Without it, nobody.
      - The same alerts are judged, by the same samples and at the same thresholds. The audit that the host makes of
        itself is among them, and so is a monitor that has stopped.
      - A channel that is new is told at once that it is one, which shows that what it is told arrives.
    type: dict
    suboptions:
      mail:
        description: Where mail is sent to, and by which server. Its files are of the host.
        type: dict
        suboptions:
          to:
            description: The recipients. Each gets a mail of their own.
            type: list
            elements: str
            required: true
          sender:
            description: The address that it is from.
            type: str
            required: true
          host:
            description: The mail server.
            type: str
            default: localhost
          port:
            description: Its port. By default 587 with V(starttls), 465 with V(ssl) and 25 with V(none).
            type: int
          tls:
            description:
              - How the connection is encrypted. The server's certificate must be valid for O(notify.mail.host).
              - V(none) is for a server on the host itself. For any other it takes O(notify.mail.unencrypted), and a
                login is refused.
            type: str
            choices: [starttls, ssl, none]
            default: starttls
          ca_file:
            description: The certificate of an authority of your own, as PEM. By default those that the host trusts.
            type: path
          username:
            description: The user to log in as. By default nobody does.
            type: str
          password_file:
            description: A file with nothing but the password, which root alone can read, outside of home directories.
            type: path
          unencrypted:
            description: The reason for which everyone on the way may read and change the mail.
            type: str
      webhooks:
        description: Addresses that it is sent to as a POST. Their files are of the host.
        type: list
        elements: dict
        default: []
        suboptions:
          url:
            description: The address, with C(https). C(http) is for the host itself; for anything else it takes
              O(notify.webhooks[].unencrypted).
            type: str
          url_file:
            description: A file with nothing but the address, where the address itself is a secret, as with Slack. Root
              alone can read it.
            type: path
          format:
            description: V(json) has all of each item, as C(items). V(slack) is one line for each, for Slack and what
              takes the same.
            type: str
            choices: [json, slack]
            default: json
          secret_file:
            description:
              - A file, which root alone can read, with the secret by which the message is signed as Standard Webhooks
                has it, with HMAC-SHA256 in the header C(webhook-signature).
              - A secret that begins with C(whsec_) is decoded as base64.
            type: path
          headers_file:
            description: A file, which root alone can read, with more headers, a line each, such as C(Authorization).
            type: path
          ca_file:
            description: The certificate of an authority of your own, as PEM.
            type: path
          unencrypted:
            description: The reason for which everyone on the way may read and change it.
            type: str
      severity:
        description: The least severity that is told.
        type: str
        choices: [critical, warning, info]
        default: warning
      pause:
        description:
          - Minutes between two messages about the same thing, from 5 to 1440. What begins is told at once; more of the
            same, and that it is over, comes after the pause, counted.
        type: int
        default: 60
      remind_after:
        description: Days after which something that goes on is told once more; 0 for never.
        type: int
        default: 1
      timeout:
        description: Seconds that a mail server or a webhook has for each of its answers, up to 60.
        type: int
        default: 30
      retries:
        description:
          - How many times more a message is tried at once, up to 5. After that it is tried every 5 minutes, and ever
            more rarely up to an hour, until it is taken.
        type: int
        default: 2
"""
