// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibString} from "solady/utils/LibString.sol";
import {Utf8} from "./Utf8.sol";

/// @title ChatInput
/// @notice The exact bytes of questions to a model. Who says what stays within its string: quotes, backslashes and
/// control characters of a text are escaped, so that nobody can add a message, a role or an option.
/// @dev What a text says to the model is another matter: a player may ask it to forget its instructions, and no
/// escaping keeps a model from listening. A contract must not do with an answer what its worst answer would not
/// allow.
///
/// A text that is no UTF-8 has no JSON: what an engine would make of it depends on the engine. It is refused before
/// any money moves. All other characters stand as they are; U+2028 and U+007F too, as JSON has it.
///
/// Temperature zero and a seed: a model that is served alike answers alike, which is what agreement (k of n) needs.
library ChatInput {
    error TextNotUtf8(bytes text);

    /// @notice A chat of one or two messages: `POST /v1/chat/completions`.
    /// @param model The model's name at the gateway.
    /// @param system What the model is told of its task; empty: nothing.
    /// @param completionTokensMax Tokens of the answer at most.
    function chat(
        string memory model,
        string memory system,
        string memory user,
        uint32 completionTokensMax
    ) internal pure returns (bytes memory) {
        string memory instruction = bytes(system).length == 0
            ? ""
            : string.concat('{"role":"system","content":', _quoted(system), "},");
        return bytes.concat(
            '{"model":',
            bytes(_quoted(model)),
            ',"messages":[',
            bytes(instruction),
            '{"role":"user","content":',
            bytes(_quoted(user)),
            "}]",
            _options(completionTokensMax)
        );
    }

    /// @notice A text to be continued: `POST /v1/completions`.
    function completion(string memory model, string memory prompt, uint32 completionTokensMax)
        internal
        pure
        returns (bytes memory)
    {
        return bytes.concat(
            '{"model":',
            bytes(_quoted(model)),
            ',"prompt":',
            bytes(_quoted(prompt)),
            _options(completionTokensMax)
        );
    }

    /// @notice Values for a provable model, which answers in the same form: `abi.decode(content, (int256[]))`.
    /// @param values Of 32 bits each; the model's own scale.
    function tensor(int256[] memory values) internal pure returns (bytes memory) {
        return abi.encode(values);
    }

    function _options(uint32 completionTokensMax) private pure returns (bytes memory) {
        return bytes.concat(
            ',"max_tokens":',
            bytes(LibString.toString(completionTokensMax)),
            ',"temperature":0,"seed":0}'
        );
    }

    function _quoted(string memory text) private pure returns (string memory) {
        if (!Utf8.isValid(bytes(text))) revert TextNotUtf8(bytes(text));
        return LibString.escapeJSON(text, true);
    }
}
