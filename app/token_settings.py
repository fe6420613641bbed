"""Settings of tokens, which an issuer signs. They are on where a place for its public keys is given."""

from typing import Annotated

from pydantic import Field, FiniteFloat, ValidationInfo, field_validator

from app.environment import EnvironmentSettings
from app.setting_types import MAX_TEXT, JwksUrl, OptionalKeyFile, at_most


class TokenSettings(EnvironmentSettings):
    """What an operator may choose of tokens."""

    jwks_url: JwksUrl = Field(
        "",
        repr=False,
        description="https address of the key set of the tokens' issuer; empty: no tokens, or a key file",
    )
    jwt_key_file: OptionalKeyFile = Field(
        None, validate_default=True, description="PEM file with the public key of the tokens' issuer; empty: none"
    )
    jwt_audience: Annotated[str, at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="the audience (aud) that a token must be for"
    )
    jwt_issuer: Annotated[str, at_most(MAX_TEXT)] = Field(
        "", validate_default=True, description="the issuer (iss) that a token must be from"
    )
    jwt_leeway_s: FiniteFloat = Field(
        60.0, ge=0, le=300, description="seconds that the clocks of issuer and server may differ"
    )

    @field_validator("jwt_key_file")
    @classmethod
    def _only_source(cls, file: object, info: ValidationInfo) -> object:
        """Refuse two places for keys, of which one would have no effect."""
        if file is not None and info.data.get("jwks_url"):
            raise ValueError("LIKENESS_JWKS_URL is set too, and only one of the two can be")
        return file

    @field_validator("jwt_audience", "jwt_issuer")
    @classmethod
    def _beside_keys(cls, text: str, info: ValidationInfo) -> str:
        """Refuse tokens without audience or issuer, because such would let tokens for other services in."""
        if "jwks_url" in info.data and "jwt_key_file" in info.data:
            has_tokens = bool(info.data["jwks_url"]) or info.data["jwt_key_file"] is not None
            if has_tokens and not text:
                raise ValueError("it is missing, and tokens need it")
            if text and not has_tokens:
                raise ValueError("it has no effect without LIKENESS_JWKS_URL or LIKENESS_JWT_KEY_FILE")
        return text

    @property
    def has_tokens(self) -> bool:
        """Whether tokens are let in."""
        return bool(self.jwks_url) or self.jwt_key_file is not None
