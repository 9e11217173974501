// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

import {ChatInput} from "libraries/ChatInput.sol";

/// @notice The questions of `ChatInput`, for whoever calls from outside.
contract Questions {
    function chat(string calldata model, string calldata system, string calldata user, uint32 max)
        external
        pure
        returns (bytes memory)
    {
        return ChatInput.chat(model, system, user, max);
    }

    function completion(string calldata model, string calldata prompt, uint32 max)
        external
        pure
        returns (bytes memory)
    {
        return ChatInput.completion(model, prompt, max);
    }

    function tensor(int256[] calldata values) external pure returns (bytes memory) {
        return ChatInput.tensor(values);
    }
}
