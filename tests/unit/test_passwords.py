"""Room: what is accepted as a password and how it is kept."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from workflows.passwords import faults_of, hashed, matches, temporary


@pytest.mark.parametrize("good", ["Wangqian-2027", "correct horse 9", "密码密码很长很长很长1", "x7" + "abcdef" * 10])
async def test_a_good_password_is_accepted_kept_and_found_again(good):
    assert faults_of(good, "school.user") == []
    kept = await hashed(good)
    assert good not in kept
    assert await matches(kept, good)
    assert not await matches(kept, good + "x")


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("Kurz-1", "bad_length"),
        ("a1" * 65, "bad_length"),
        ("onlyletters", "too_simple"),
        ("12345678901", "too_simple"),
        ("a1a1a1a1a1a1", "too_simple"),
        ("School.User-77", "has_username"),
        ("with\u0000nul-77777", "bad_characters"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(bad, code):
    assert [f.code for f in faults_of(bad, "school.user")] == [code]


async def test_an_unknown_name_and_a_broken_hash_match_nothing():
    assert not await matches(None, "anything at all")
    assert not await matches("", "anything at all")
    assert not await matches("$argon2id$broken", "anything at all")


def test_a_made_up_password_is_acceptable_and_never_the_same():
    made = {temporary() for _ in range(200)}
    assert len(made) == 200
    assert all(len(p) == 14 and faults_of(p, "user") == [] for p in made)


def test_outside_the_test_profile_hashing_costs_what_owasp_asks():
    program = "from workflows.passwords import _hasher; print(_hasher().hash('x'))"
    env = {**os.environ, "WQ_PROFILE": "development"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True, timeout=60
    )
    assert done.stdout.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
