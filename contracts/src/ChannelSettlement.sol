// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibCall} from "solady/utils/LibCall.sol";
import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {ChannelDigests} from "./ChannelDigests.sol";
import {IChannelSettlement} from "./interfaces/IChannelSettlement.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";
import {ChannelDomain} from "./libraries/ChannelDomain.sol";
import {StrictSignature} from "./libraries/StrictSignature.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {ChannelConfig} from "./types/ChannelConfig.sol";
import {ClaimStatus} from "./types/ClaimStatus.sol";
import {Voucher, VoucherClaim, hashVoucher} from "./types/VoucherClaim.sol";

/// @title ChannelSettlement
/// @notice See `IChannelSettlement`.
/// @dev Written from the x402 specification. Invariants, held by `ChannelSettlement.invariants.t.sol`:
///
/// 1. For each token: this contract's balance = Σ (balance − totalClaimed) over channels
///    + Σ (totalClaimed − totalSettled) over receivers.
/// 2. For each channel: totalClaimed ≤ balance, and totalClaimed ≤ the highest voucher signed.
/// 3. totalClaimed and totalSettled never fall; totalSettled ≤ totalClaimed for each receiver.
/// 4. A payer's deposits = what it got back + what was claimed from it + what is left in escrow.
/// 5. A pending withdrawal never pays more than was unclaimed when it is finalized.
contract ChannelSettlement is ChannelDigests, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    /// @dev Both amounts share a slot: a claim writes once.
    struct ChannelState {
        uint128 balance;
        uint128 totalClaimed;
    }

    struct PendingWithdrawal {
        uint128 amount;
        uint40 initiatedAt;
    }

    struct ReceiverState {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    mapping(bytes32 channelId => ChannelState) public channels;
    mapping(bytes32 channelId => PendingWithdrawal) public pendingWithdrawals;
    mapping(bytes32 channelId => uint256) public refundNonce;
    mapping(address receiver => mapping(address token => ReceiverState)) public receivers;

    /// @inheritdoc IChannelSettlement
    function deposit(
        ChannelConfig calldata config,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) external nonReentrant {
        if (amount == 0) revert AmountIsZero();
        _requireValid(config);

        bytes32 channelId = getChannelId(config);
        ChannelState storage channel = channels[channelId];
        uint128 balance = channel.balance + amount;
        if (balance == amount && channel.totalClaimed == 0) emit ChannelCreated(channelId, config);
        channel.balance = balance;
        emit Deposited(channelId, config.payer, collector, amount, balance);

        uint256 heldBefore = config.token.balanceOf(address(this));
        IDepositCollector(collector).collect(config, amount, collectorData);
        uint256 heldAfter = config.token.balanceOf(address(this));
        if (heldAfter != heldBefore + amount) {
            revert DepositMismatch(amount, heldAfter > heldBefore ? heldAfter - heldBefore : 0);
        }
    }

    /// @inheritdoc IChannelSettlement
    function claim(VoucherClaim[] calldata voucherClaims) external nonReentrant {
        if (voucherClaims.length == 0) revert NoClaims();
        bytes32 separator = ChannelDomain.separator(address(this));
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            ChannelConfig calldata config = voucherClaims[i].voucher.channel;
            if (!_isReceiverSide(config, msg.sender)) {
                revert SenderNotReceiverSide(msg.sender, config.receiver, config.receiverAuthorizer);
            }
            bytes32 channelId = TypedData.digest(separator, config.hashStruct());
            _claimOrRevert(separator, channelId, voucherClaims[i]);
        }
    }

    /// @inheritdoc IChannelSettlement
    function claimWithSignature(
        VoucherClaim[] calldata voucherClaims,
        bytes calldata authorizerSignature
    ) external nonReentrant {
        if (voucherClaims.length == 0) revert NoClaims();
        bytes32 separator = ChannelDomain.separator(address(this));
        bytes32[] memory channelIds = _channelIds(separator, voucherClaims);
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        _requireSigned(
            authorizer, _claimBatchDigest(separator, channelIds, voucherClaims), authorizerSignature
        );
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            address rowAuthorizer = voucherClaims[i].voucher.channel.receiverAuthorizer;
            if (rowAuthorizer != authorizer) revert AuthorizerMismatch(authorizer, rowAuthorizer);
            _claimOrRevert(separator, channelIds[i], voucherClaims[i]);
        }
    }

    /// @inheritdoc IChannelSettlement
    function claimBestEffort(
        VoucherClaim[] calldata voucherClaims,
        bytes calldata authorizerSignature
    ) external nonReentrant returns (uint8[] memory statuses) {
        if (voucherClaims.length == 0) revert NoClaims();
        bytes32 separator = ChannelDomain.separator(address(this));
        bytes32[] memory channelIds = _channelIds(separator, voucherClaims);
        bool signed = authorizerSignature.length != 0;
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        if (signed) {
            _requireSigned(
                authorizer,
                _claimBatchDigest(separator, channelIds, voucherClaims),
                authorizerSignature
            );
        }

        statuses = new uint8[](voucherClaims.length);
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            ChannelConfig calldata config = voucherClaims[i].voucher.channel;
            bool authorized = signed
                ? config.receiverAuthorizer == authorizer
                : _isReceiverSide(config, msg.sender);
            statuses[i] = authorized
                ? _claimIfPossible(separator, channelIds[i], voucherClaims[i])
                : ClaimStatus.NOT_AUTHORIZED;
        }
    }

    /// @inheritdoc IChannelSettlement
    function settle(address receiver, address token) external nonReentrant {
        ReceiverState storage state = receivers[receiver][token];
        uint128 amount = state.totalClaimed - state.totalSettled;
        if (amount == 0) return;
        state.totalSettled = state.totalClaimed;
        emit Settled(receiver, token, msg.sender, amount);
        token.safeTransfer(receiver, amount);
    }

    /// @inheritdoc IChannelSettlement
    function refund(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        if (!_isReceiverSide(config, msg.sender)) {
            revert SenderNotReceiverSide(msg.sender, config.receiver, config.receiverAuthorizer);
        }
        bytes32 channelId = getChannelId(config);
        _refund(channelId, config, amount);
    }

    /// @inheritdoc IChannelSettlement
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external nonReentrant {
        bytes32 channelId = getChannelId(config);
        if (nonce != refundNonce[channelId]) {
            revert RefundNonceMismatch(channelId, refundNonce[channelId], nonce);
        }
        _requireSigned(
            config.receiverAuthorizer,
            getRefundDigest(channelId, nonce, amount),
            receiverAuthorizerSignature
        );
        _refund(channelId, config, amount);
    }

    /// @inheritdoc IChannelSettlement
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        _requirePayerSide(config);
        if (amount == 0) revert AmountIsZero();
        bytes32 channelId = getChannelId(config);
        PendingWithdrawal storage pending = pendingWithdrawals[channelId];
        if (pending.amount != 0 && msg.sender != config.payer) {
            revert WithdrawAlreadyPending(channelId, pending.amount, pending.initiatedAt);
        }
        uint128 available = _available(channelId);
        if (amount > available) revert WithdrawExceedsAvailable(channelId, amount, available);

        pending.amount = amount;
        pending.initiatedAt = uint40(block.timestamp);
        emit WithdrawInitiated(
            channelId, msg.sender, amount, uint40(block.timestamp) + config.withdrawDelay
        );
    }

    /// @inheritdoc IChannelSettlement
    function finalizeWithdraw(ChannelConfig calldata config) external nonReentrant {
        _requirePayerSide(config);
        bytes32 channelId = getChannelId(config);
        PendingWithdrawal memory pending = pendingWithdrawals[channelId];
        if (pending.amount == 0) revert NoPendingWithdraw(channelId);
        uint256 finalizableAt = uint256(pending.initiatedAt) + config.withdrawDelay;
        if (block.timestamp < finalizableAt) {
            revert WithdrawDelayNotOver(channelId, finalizableAt, block.timestamp);
        }

        delete pendingWithdrawals[channelId];
        uint128 available = _available(channelId);
        uint128 amount = pending.amount < available ? pending.amount : available;
        emit WithdrawFinalized(channelId, msg.sender, amount);
        _returnToPayer(channelId, config, amount);
    }

    /// @inheritdoc IChannelSettlement
    function multicall(bytes[] calldata data) external returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i = 0; i < data.length; ++i) {
            results[i] = LibCall.delegateCallContract(address(this), data[i]);
        }
    }

    function _claimOrRevert(bytes32 separator, bytes32 channelId, VoucherClaim calldata row)
        private
    {
        uint8 status = _claimIfPossible(separator, channelId, row);
        if (status == ClaimStatus.CLAIMED || status == ClaimStatus.NOTHING_NEW) return;
        if (status == ClaimStatus.EXCEEDS_VOUCHER) {
            revert ClaimExceedsVoucher(channelId, row.totalClaimed, row.voucher.maxClaimableAmount);
        }
        if (status == ClaimStatus.SIGNATURE_INVALID) {
            bytes32 digest =
                TypedData.digest(separator, hashVoucher(channelId, row.voucher.maxClaimableAmount));
            revert VoucherSignatureInvalid(channelId, _voucherSigner(row.voucher.channel), digest);
        }
        // What remains is a claim over the balance; a part of it was booked and is undone here.
        revert ClaimExceedsBalance(channelId, row.totalClaimed, channels[channelId].balance);
    }

    /// @dev Books `row` as far as the escrow reaches. Cheapest check first; the signature, which
    /// costs most, is last. `totalClaimed ≤ balance` holds by the cap.
    function _claimIfPossible(bytes32 separator, bytes32 channelId, VoucherClaim calldata row)
        private
        returns (uint8 status)
    {
        ChannelState storage channel = channels[channelId];
        uint128 claimedBefore = channel.totalClaimed;
        uint128 claimedAfter = row.totalClaimed;
        if (claimedAfter <= claimedBefore) return ClaimStatus.NOTHING_NEW;
        if (claimedAfter > row.voucher.maxClaimableAmount) return ClaimStatus.EXCEEDS_VOUCHER;
        uint128 balance = channel.balance;
        if (claimedBefore == balance) return ClaimStatus.NOTHING_LEFT;
        if (!_isVoucherSigned(separator, channelId, row)) return ClaimStatus.SIGNATURE_INVALID;

        status = ClaimStatus.CLAIMED;
        if (claimedAfter > balance) {
            claimedAfter = balance;
            status = ClaimStatus.CLAIMED_IN_PART;
        }
        ChannelConfig calldata config = row.voucher.channel;
        uint128 amount = claimedAfter - claimedBefore;
        channel.totalClaimed = claimedAfter;
        receivers[config.receiver][config.token].totalClaimed += amount;
        emit Claimed(channelId, config.receiver, amount, claimedAfter);
    }

    function _refund(bytes32 channelId, ChannelConfig calldata config, uint128 requested) private {
        if (requested == 0) revert AmountIsZero();
        // First and in any case: a signed refund is good for one call, whatever comes of it.
        ++refundNonce[channelId];
        uint128 available = _available(channelId);
        uint128 amount = requested < available ? requested : available;
        if (amount == 0) return;

        PendingWithdrawal storage pending = pendingWithdrawals[channelId];
        if (amount >= pending.amount) delete pendingWithdrawals[channelId];
        else pending.amount -= amount;
        emit Refunded(channelId, msg.sender, amount);
        _returnToPayer(channelId, config, amount);
    }

    function _returnToPayer(bytes32 channelId, ChannelConfig calldata config, uint128 amount)
        private
    {
        if (amount == 0) return;
        uint128 balance = channels[channelId].balance - amount;
        channels[channelId].balance = balance;
        if (balance == 0) emit ChannelClosed(channelId, config);
        config.token.safeTransfer(config.payer, amount);
    }

    function _available(bytes32 channelId) private view returns (uint128) {
        ChannelState memory channel = channels[channelId];
        return channel.balance - channel.totalClaimed;
    }

    function _isVoucherSigned(bytes32 separator, bytes32 channelId, VoucherClaim calldata row)
        private
        view
        returns (bool)
    {
        Voucher calldata voucher = row.voucher;
        bytes32 digest =
            TypedData.digest(separator, hashVoucher(channelId, voucher.maxClaimableAmount));
        address payerAuthorizer = voucher.channel.payerAuthorizer;
        // A committed key is a plain key for ever: no code at its address can change the verdict.
        if (payerAuthorizer != address(0)) {
            return StrictSignature.recover(digest, row.signature) == payerAuthorizer;
        }
        return StrictSignature.isValid(voucher.channel.payer, digest, row.signature);
    }

    function _requireSigned(address authorizer, bytes32 digest, bytes calldata signature)
        private
        view
    {
        if (!StrictSignature.isValid(authorizer, digest, signature)) {
            revert AuthorizerSignatureInvalid(authorizer, digest);
        }
    }

    function _requirePayerSide(ChannelConfig calldata config) private view {
        // The sender is never zero, so an unset payerAuthorizer admits nobody.
        if (msg.sender != config.payer && msg.sender != config.payerAuthorizer) {
            revert SenderNotPayerSide(msg.sender, config.payer, config.payerAuthorizer);
        }
    }

    function _isReceiverSide(ChannelConfig calldata config, address sender)
        private
        pure
        returns (bool)
    {
        return sender == config.receiver || sender == config.receiverAuthorizer;
    }

    function _voucherSigner(ChannelConfig calldata config) private pure returns (address) {
        return config.payerAuthorizer != address(0) ? config.payerAuthorizer : config.payer;
    }
}
