// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "src/InferenceConsumer.sol";
import {IInferenceCoordinator} from "src/interfaces/IInferenceCoordinator.sol";
import {Policy} from "src/types/Policy.sol";

/// @notice Asks whatever its caller wants to know, at once.
contract Asker is InferenceConsumer {
    string[] private _urls;

    constructor(IInferenceCoordinator coordinator_, address gateway_, string[] memory urls)
        InferenceConsumer(coordinator_, gateway_)
    {
        _urls = urls;
    }

    function ask(bytes calldata input, Policy calldata policy)
        external
        view
        returns (bytes memory)
    {
        _askNow(_urls, input, policy);
    }

    function _onAnswer(bytes32, bytes calldata, bytes32) internal override {}
}
