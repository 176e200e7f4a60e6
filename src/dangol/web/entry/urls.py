"""Addresses of this area."""

from django.urls import path

from dangol.web.entry import account, preferences, signin

app_name = "entry"
urlpatterns = [
    path("sign-in/", signin.sign_in, name="sign_in"),
    path("sign-in/code/", signin.code, name="code"),
    path("sign-in/demo/", signin.demo, name="demo"),
    path("sign-out/", signin.sign_out, name="sign_out"),
    path("confirm/", signin.confirm, name="confirm"),
    path("language/", preferences.language, name="language"),
    path("theme/", preferences.theme, name="theme"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/second-factor/", account.second_factor, name="second_factor"),
    path("account/second-factor/off/", account.second_factor_off, name="second_factor_off"),
    path("account/tokens/", account.create_token, name="create_token"),
    path("account/tokens/<int:token_id>/revoke/", account.revoke_token, name="revoke_token"),
]
