"""A program that judges cards: `python -m tests.support.judge_main URL ROLE CARD...`; it accepts these."""

import sys

from actors.gateway.client import GatewayClient


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(url, role, *cards):
    def validate_token(provided_token):
        say(f"asked for {provided_token['id_token']['value']}")
        status = "Accepted" if provided_token["id_token"]["value"] in cards else "Invalid"
        return {"validation_result": {"authorization_status": status, "tariff_messages": []}}

    with GatewayClient(url) as site:
        site.serve(role, {"validate_token": validate_token})
        say("filled")
        for _news in site.news():
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
