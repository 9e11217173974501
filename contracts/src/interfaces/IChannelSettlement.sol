// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig} from "../types/ChannelConfig.sol";
import {VoucherClaim} from "../types/VoucherClaim.sol";

/// @title IChannelSettlement
/// @notice One-way payment channels in the ABI and types of x402 `batch-settlement`: a payer puts
/// tokens in escrow and signs cumulative vouchers off chain; the receiver side claims many of them
/// in one transaction and settles the sum in one transfer.
/// @dev EIP-712 domain: name "x402 Batch Settlement", version "1", this chain, this address. Every
/// amount is in atomic units of the channel's token. No owner, no upgrade, no pause.
///
/// Life of a channel:
///
///     (none) --deposit--> open --claim / deposit / refund--> open
///     open --initiateWithdraw--> open, withdrawal pending --finalizeWithdraw--> open or empty
///     empty --deposit--> open   (an emptied channel is the same channel: `totalClaimed` stays)
///
/// Tokens must move exactly the amount that they are told to: a fee on transfer or a rebase is
/// refused at the deposit or ends in a loss of those who chose such a token, and of nobody else.
interface IChannelSettlement {
    /// @notice The first deposit of a channel; again after it was emptied with nothing claimed.
    event ChannelCreated(bytes32 indexed channelId, ChannelConfig config);

    /// @notice `balance` is the channel's balance after the deposit.
    event Deposited(
        bytes32 indexed channelId,
        address indexed payer,
        address indexed collector,
        uint128 amount,
        uint128 balance
    );

    /// @notice `amount` was claimed now, `totalClaimed` since the channel opened.
    event Claimed(
        bytes32 indexed channelId, address indexed receiver, uint128 amount, uint128 totalClaimed
    );

    /// @notice `amount` of `token` was paid to `receiver`.
    event Settled(
        address indexed receiver, address indexed token, address indexed sender, uint128 amount
    );

    /// @notice `amount` went back to the payer with the receiver side's consent.
    event Refunded(bytes32 indexed channelId, address indexed sender, uint128 amount);

    /// @notice The receiver has until `finalizableAt` (unix seconds) to claim what is owed to it.
    event WithdrawInitiated(
        bytes32 indexed channelId, address indexed sender, uint128 amount, uint40 finalizableAt
    );

    /// @notice `amount` went back to the payer after the delay.
    event WithdrawFinalized(bytes32 indexed channelId, address indexed sender, uint128 amount);

    /// @notice The escrow returned to the payer in full and nothing was ever claimed.
    event ChannelClosed(bytes32 indexed channelId, ChannelConfig config);

    error AmountIsZero();
    error PayerIsZero();
    error ReceiverIsZero();
    error ReceiverAuthorizerIsZero();
    error TokenIsZero();
    error WithdrawDelayOutOfRange(uint40 withdrawDelay, uint40 minimum, uint40 maximum);
    /// @notice The collector brought `received` instead of `expected`.
    error DepositMismatch(uint256 expected, uint256 received);
    error NoClaims();
    error SenderNotReceiverSide(address sender, address receiver, address receiverAuthorizer);
    error SenderNotPayerSide(address sender, address payer, address payerAuthorizer);
    /// @notice Rows under one signature must name one `receiverAuthorizer`.
    error AuthorizerMismatch(address expected, address actual);
    error AuthorizerSignatureInvalid(address receiverAuthorizer, bytes32 digest);
    error VoucherSignatureInvalid(bytes32 channelId, address signer, bytes32 digest);
    error ClaimExceedsVoucher(bytes32 channelId, uint128 totalClaimed, uint128 maxClaimableAmount);
    error ClaimExceedsBalance(bytes32 channelId, uint128 totalClaimed, uint128 balance);
    error RefundNonceMismatch(bytes32 channelId, uint256 expected, uint256 actual);
    error WithdrawExceedsAvailable(bytes32 channelId, uint128 amount, uint128 available);
    error WithdrawAlreadyPending(bytes32 channelId, uint128 amount, uint40 initiatedAt);
    error NoPendingWithdraw(bytes32 channelId);
    error WithdrawDelayNotOver(bytes32 channelId, uint256 finalizableAt, uint256 nowS);

    /// @notice Adds exactly `amount` to the channel's balance.
    /// @param collector Any contract; it is trusted with nothing, as the balance of this contract
    /// must grow by exactly `amount`.
    /// @param collectorData Passed to the collector.
    function deposit(
        ChannelConfig calldata config,
        uint128 amount,
        address collector,
        bytes calldata collectorData
    ) external;

    /// @notice Books each row's `totalClaimed`. The sender must be `receiver` or
    /// `receiverAuthorizer` of every row. All rows or none.
    /// @dev A row that claims no more than was claimed already is skipped: replays do no harm.
    function claim(VoucherClaim[] calldata voucherClaims) external;

    /// @notice As `claim`, by anyone with the `receiverAuthorizer`'s signature of the ClaimBatch.
    function claimWithSignature(
        VoucherClaim[] calldata voucherClaims,
        bytes calldata authorizerSignature
    ) external;

    /// @notice Books every row that can be booked and says what became of each; no row blocks
    /// another. Vouch's addition to the x402 ABI.
    /// @dev Statuses: 0 claimed · 1 claimed in part, up to the balance · 2 nothing new (a replay) ·
    /// 3 voucher signature invalid · 4 more than the voucher allows · 5 not authorized (another
    /// `receiverAuthorizer`, or the sender is not of the receiver's side) · 6 nothing left in escrow.
    /// @param authorizerSignature The first row's `receiverAuthorizer`'s signature of the ClaimBatch
    /// of all rows; the call reverts if it is invalid. Empty: the sender must itself be `receiver` or
    /// `receiverAuthorizer` of a row, which is judged row by row.
    function claimBestEffort(
        VoucherClaim[] calldata voucherClaims,
        bytes calldata authorizerSignature
    ) external returns (uint8[] memory statuses);

    /// @notice Pays `receiver` everything claimed and not yet settled. Anyone; a no-op if nothing is
    /// due.
    function settle(address receiver, address token) external;

    /// @notice Returns up to `amount` of what is unclaimed to the payer. The sender must be
    /// `receiver` or `receiverAuthorizer`.
    /// @dev The refund nonce advances first and in any case, also when nothing is left to refund.
    function refund(ChannelConfig calldata config, uint128 amount) external;

    /// @notice As `refund`, by anyone with the `receiverAuthorizer`'s signature of
    /// `Refund(channelId, nonce, amount)`.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external;

    /// @notice Starts the delay after which `amount` of what is unclaimed returns to the payer.
    /// @dev Payer or payerAuthorizer. While one is pending only the payer may replace it, which
    /// starts the delay anew: a stolen session key cannot hold up the payer's own withdrawal.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external;

    /// @notice Ends the withdrawal: pays what of the requested amount is still unclaimed.
    function finalizeWithdraw(ChannelConfig calldata config) external;

    /// @notice Calls this contract once for each of `data`, as the sender; all or none.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);

    /// @return balance All deposits less refunds and withdrawals (claims do not reduce it).
    /// @return totalClaimed Never more than `balance`.
    function channels(bytes32 channelId)
        external
        view
        returns (uint128 balance, uint128 totalClaimed);

    /// @return amount Zero when none is pending.
    /// @return initiatedAt Unix seconds.
    function pendingWithdrawals(bytes32 channelId)
        external
        view
        returns (uint128 amount, uint40 initiatedAt);

    /// @notice The nonce that the next `refundWithSignature` must carry.
    function refundNonce(bytes32 channelId) external view returns (uint256);

    function receivers(address receiver, address token)
        external
        view
        returns (uint128 totalClaimed, uint128 totalSettled);

    function getChannelId(ChannelConfig calldata config) external view returns (bytes32);

    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount)
        external
        view
        returns (bytes32);

    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount)
        external
        view
        returns (bytes32);

    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims)
        external
        view
        returns (bytes32);
}
