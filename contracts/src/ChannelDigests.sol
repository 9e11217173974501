// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IChannelSettlement} from "./interfaces/IChannelSettlement.sol";
import {ChannelDomain} from "./libraries/ChannelDomain.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {CHANNEL_CONFIG_TYPEHASH as CONFIG_TYPEHASH, ChannelConfig} from "./types/ChannelConfig.sol";
import {
    VoucherClaim,
    hashClaimBatch,
    hashClaimEntry,
    hashRefund,
    hashVoucher
} from "./types/VoucherClaim.sol";

/// @title ChannelDigests
/// @notice The stateless part of `ChannelSettlement`: which configs are valid, and what is signed.
abstract contract ChannelDigests is IChannelSettlement {
    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = CONFIG_TYPEHASH;
    uint40 public constant MIN_WITHDRAW_DELAY = 15 minutes;
    uint40 public constant MAX_WITHDRAW_DELAY = 30 days;

    /// @inheritdoc IChannelSettlement
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return ChannelDomain.channelId(config, address(this));
    }

    /// @inheritdoc IChannelSettlement
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount)
        external
        view
        returns (bytes32)
    {
        return TypedData.digest(
            ChannelDomain.separator(address(this)), hashVoucher(channelId, maxClaimableAmount)
        );
    }

    /// @inheritdoc IChannelSettlement
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount)
        public
        view
        returns (bytes32)
    {
        return TypedData.digest(
            ChannelDomain.separator(address(this)), hashRefund(channelId, nonce, amount)
        );
    }

    /// @inheritdoc IChannelSettlement
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims)
        external
        view
        returns (bytes32)
    {
        bytes32 separator = ChannelDomain.separator(address(this));
        return _claimBatchDigest(separator, _channelIds(separator, voucherClaims), voucherClaims);
    }

    function _channelIds(bytes32 separator, VoucherClaim[] calldata rows)
        internal
        pure
        returns (bytes32[] memory channelIds)
    {
        channelIds = new bytes32[](rows.length);
        for (uint256 i = 0; i < rows.length; ++i) {
            channelIds[i] = TypedData.digest(separator, rows[i].voucher.channel.hashStruct());
        }
    }

    function _claimBatchDigest(
        bytes32 separator,
        bytes32[] memory channelIds,
        VoucherClaim[] calldata rows
    ) internal pure returns (bytes32) {
        bytes32[] memory entryHashes = new bytes32[](rows.length);
        for (uint256 i = 0; i < rows.length; ++i) {
            entryHashes[i] = hashClaimEntry(
                channelIds[i], rows[i].voucher.maxClaimableAmount, rows[i].totalClaimed
            );
        }
        return TypedData.digest(separator, hashClaimBatch(entryHashes));
    }

    function _requireValid(ChannelConfig calldata config) internal pure {
        if (config.payer == address(0)) revert PayerIsZero();
        if (config.receiver == address(0)) revert ReceiverIsZero();
        if (config.receiverAuthorizer == address(0)) revert ReceiverAuthorizerIsZero();
        if (config.token == address(0)) revert TokenIsZero();
        if (config.withdrawDelay < MIN_WITHDRAW_DELAY || config.withdrawDelay > MAX_WITHDRAW_DELAY)
        {
            revert WithdrawDelayOutOfRange(
                config.withdrawDelay, MIN_WITHDRAW_DELAY, MAX_WITHDRAW_DELAY
            );
        }
    }
}
