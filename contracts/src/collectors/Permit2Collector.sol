// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "solady/tokens/ERC20.sol";
import {IDepositCollector} from "../interfaces/IDepositCollector.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";
import {ChannelDomain} from "../libraries/ChannelDomain.sol";
import {ChannelConfig} from "../types/ChannelConfig.sol";

/// @title Permit2Collector
/// @notice Collects a deposit with the payer's Permit2 signature, whose witness is the channel's id.
/// @dev Stateless and safe for any caller, for the reason given in `Eip3009Collector`: the witness
/// binds the calling settlement contract.
contract Permit2Collector is IDepositCollector {
    /// @notice Permit2's address on every chain.
    IPermit2 public constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    bytes32 public constant DEPOSIT_WITNESS_TYPEHASH =
        keccak256("DepositWitness(bytes32 channelId)");

    /// @dev Permit2 puts "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,
    /// uint256 nonce,uint256 deadline," before it.
    string public constant WITNESS_TYPE_STRING =
        "DepositWitness witness)DepositWitness(bytes32 channelId)TokenPermissions(address token,uint256 amount)";

    /// @inheritdoc IDepositCollector
    /// @param collectorData `abi.encode(uint256 nonce, uint256 deadline, bytes signature,
    /// bytes eip2612Permit)`; the last one empty or `abi.encode(uint256 value, uint256 deadline,
    /// uint8 v, bytes32 r, bytes32 s)`, the payer's EIP-2612 permit for Permit2.
    function collect(ChannelConfig calldata config, uint128 amount, bytes calldata collectorData)
        external
    {
        (uint256 nonce, uint256 deadline, bytes memory signature, bytes memory permit) =
            abi.decode(collectorData, (uint256, uint256, bytes, bytes));
        if (permit.length != 0) _permit(config, permit);
        PERMIT2.permitWitnessTransferFrom(
            IPermit2.PermitTransferFrom(
                IPermit2.TokenPermissions(config.token, amount), nonce, deadline
            ),
            IPermit2.SignatureTransferDetails(msg.sender, amount),
            config.payer,
            keccak256(
                abi.encode(DEPOSIT_WITNESS_TYPEHASH, ChannelDomain.channelId(config, msg.sender))
            ),
            WITNESS_TYPE_STRING,
            signature
        );
    }

    function _permit(ChannelConfig calldata config, bytes memory permit) private {
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(permit, (uint256, uint256, uint8, bytes32, bytes32));
        // Anyone may have submitted the permit before: then it fails here and the allowance stands.
        // Without an allowance the transfer below reverts and says so.
        try ERC20(config.token).permit(config.payer, address(PERMIT2), value, deadline, v, r, s) {}
            catch {}
    }
}
