"""Room: the rival of the callback's bench: wechatpy in Flask, as its documentation shows it."""

from __future__ import annotations

from flask import Flask, Response, abort, request
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.replies import create_reply
from wechatpy.utils import check_signature

from tests.harness import wechat_wire as wire
from tests.load.bench_callbacks import ANSWER

app = Flask(__name__)
crypto = WeChatCrypto(wire.TOKEN, wire.AES_KEY, wire.APP_ID)


@app.route("/wechat/callback", methods=["GET", "POST"])
def callback() -> Response:
    given = request.args
    try:
        check_signature(wire.TOKEN, given.get("signature", ""), given.get("timestamp", ""), given.get("nonce", ""))
        if request.method == "GET":
            return Response(given.get("echostr", ""))
        plain = crypto.decrypt_message(request.data, given["msg_signature"], given["timestamp"], given["nonce"])
    except InvalidSignatureException:
        abort(403)
    reply = create_reply(ANSWER, parse_message(plain))
    sealed = crypto.encrypt_message(reply.render(), given["nonce"], given["timestamp"])
    return Response(sealed, content_type="application/xml")
