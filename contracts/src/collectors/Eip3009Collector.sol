// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IDepositCollector} from "../interfaces/IDepositCollector.sol";
import {IERC3009} from "../interfaces/IERC3009.sol";
import {ChannelDomain} from "../libraries/ChannelDomain.sol";
import {ChannelConfig} from "../types/ChannelConfig.sol";

/// @title Eip3009Collector
/// @notice Collects a deposit with the payer's `ReceiveWithAuthorization` to this contract.
/// @dev Stateless, without owner or configuration, and safe for any caller: the authorization's
/// nonce is `keccak256(channelId, salt)`, and the channel's id is computed for the *calling*
/// contract. Tokens therefore go only to the settlement contract that the payer signed for.
contract Eip3009Collector is IDepositCollector {
    using SafeTransferLib for address;

    /// @inheritdoc IDepositCollector
    /// @param collectorData `abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt,
    /// bytes signature)`.
    function collect(ChannelConfig calldata config, uint128 amount, bytes calldata collectorData)
        external
    {
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(collectorData, (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(ChannelDomain.channelId(config, msg.sender), salt));
        IERC3009(config.token)
            .receiveWithAuthorization(
                config.payer, address(this), amount, validAfter, validBefore, nonce, signature
            );
        config.token.safeTransfer(msg.sender, amount);
    }
}
