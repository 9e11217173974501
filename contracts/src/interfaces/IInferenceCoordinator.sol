// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {JobTerms, Rhythm} from "../types/JobTerms.sol";

/// @title IInferenceCoordinator
/// @notice Contracts ask for inference here, once or on a schedule, and get an answer that a receipt
/// vouches for.
/// @dev
///     (none) --request--> open --fulfill--> delivered
///                         open --fulfill (answers used up, no agreement)--> failed
///                         open --expire (after the deadline)--> expired
///
/// The payee is the contributor named in the receipt, whoever delivers it: an answer copied from the
/// mempool earns nothing. Money is never pushed: it is booked in `balances` and withdrawn.
interface IInferenceCoordinator {
    struct Job {
        address consumer;
        uint64 deadline;
        uint8 state;
        uint8 answers;
        bool callbackPending;
        /// @dev The contributor that took the job on; zero: none did.
        address acceptedBy;
        bytes32 inputHash;
        /// @dev What was agreed on; zero until delivered.
        bytes32 contentHash;
        bytes32 receiptDigest;
    }

    struct Schedule {
        address consumer;
        Rhythm rhythm;
        /// @dev Number of the last interval that was run, from 1; zero: none.
        uint32 lastInterval;
        uint32 runs;
        /// @dev Atomic units not yet spent on a job.
        uint128 budget;
        bytes32 inputHash;
    }

    event JobRequested(
        bytes32 indexed jobId,
        address indexed consumer,
        bytes32 indexed modelId,
        JobTerms terms,
        uint64 deadline,
        bytes input
    );
    event JobAccepted(bytes32 indexed jobId, address indexed contributor);
    event AnswerAdded(
        bytes32 indexed jobId,
        address indexed contributor,
        bytes32 contentHash,
        bytes32 receiptDigest,
        uint96 fee
    );
    event JobDelivered(bytes32 indexed jobId, bytes32 indexed contentHash, bytes content);
    event JobFailed(bytes32 indexed jobId);
    event JobExpired(bytes32 indexed jobId);
    event CallbackSucceeded(bytes32 indexed jobId);
    event CallbackFailed(bytes32 indexed jobId);
    event ScheduleCreated(
        bytes32 indexed scheduleId,
        address indexed consumer,
        JobTerms terms,
        Rhythm rhythm,
        uint128 budget,
        bytes input
    );
    event ScheduleRun(bytes32 indexed scheduleId, uint32 indexed interval, bytes32 indexed jobId);
    event ScheduleCancelled(bytes32 indexed scheduleId, uint128 returned);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    error MaxFeeIsZero();
    error DeliveryTimeOutOfRange(uint32 deliveryTime, uint32 minimum, uint32 maximum);
    error CallbackGasTooHigh(uint32 callbackGas, uint32 maximum);
    error AgreementOutOfRange(uint8 agreement, uint8 answersMax, uint8 maximum);
    error InputTooLong(uint256 length, uint256 maximum);
    error JobNotOpen(bytes32 jobId, uint8 state);
    error DeadlinePassed(uint64 deadline, uint256 nowS);
    error DeadlineNotPassed(uint64 deadline, uint256 nowS);
    error TermsMismatch(bytes32 expected, bytes32 actual);
    error ReceiptOfOtherJob(bytes32 expected, bytes32 actual);
    error ReceiptOfOtherInput(bytes32 expected, bytes32 actual);
    error WorkIncomplete(uint8 status);
    error ReceiptRefused(bytes32 jobId);
    error AlreadyAnswered(bytes32 jobId, address contributor);
    error AlreadyAccepted(bytes32 jobId, address contributor);
    error SenderNotServing(address sender);
    error CallbackGasMissing(uint256 gasLeft, uint256 required);
    error NoCallbackPending(bytes32 jobId);
    error ContentMismatch(bytes32 expected, bytes32 actual);
    error CallbackReverted(bytes32 jobId);
    error PeriodTooShort(uint32 period, uint32 minimum);
    error RunsMaxIsZero();
    error BudgetTooSmall(uint128 budget, uint256 required);
    error NoSchedule(bytes32 scheduleId);
    error ScheduleNotDue(bytes32 scheduleId, uint256 dueAt, uint256 nowS);
    error ScheduleOver(bytes32 scheduleId);
    error SenderNotConsumer(address sender, address consumer);
    error NothingToWithdraw(address account);

    /// @notice Asks for one answer. Takes `maxFee * agreement` from the sender by allowance; what the
    /// answer costs less is booked back to it.
    /// @param input The exact bytes for the engine; the receipt must carry their sha256 as
    /// `work.inputHash`.
    /// @return jobId What the receipt must carry as `work.jobId`.
    function request(JobTerms calldata terms, bytes calldata input) external returns (bytes32 jobId);

    /// @notice Binds the sender, a serving contributor, to see to it that the job is delivered. If it
    /// is not, the sender can be slashed (S6). The first to accept is the one that is bound.
    function accept(bytes32 jobId) external;

    /// @notice Delivers one answer. Anyone; paid is the contributor that the receipt names.
    /// @dev Reverts when the answer is not good. A callback that reverts or burns its gas does not
    /// revert the delivery: it can be retried. The callback may call anything here again.
    /// @param terms The terms of the request (only their hash is stored).
    /// @param packed `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`.
    function fulfill(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes calldata content,
        bytes calldata packed
    ) external;

    /// @notice Calls the consumer again with everything left of the sender's gas. Anyone.
    /// @param content The delivered content; it must match the job's content hash.
    function retryCallback(bytes32 jobId, bytes calldata content) external;

    /// @notice Ends a job that nobody delivered in time; the consumer gets everything back. Anyone.
    function expire(bytes32 jobId, JobTerms calldata terms) external;

    /// @notice Asks once each period, at most `runsMax` times, as long as the budget lasts.
    /// @dev Takes `budget` from the sender by allowance. An interval that nobody poked in time is
    /// skipped: there is no catching up.
    /// @param budget Atomic units; at least what one run escrows.
    function schedule(
        JobTerms calldata terms,
        bytes calldata input,
        Rhythm calldata rhythm,
        uint128 budget
    ) external returns (bytes32 scheduleId);

    /// @notice Opens the job of the interval that runs now, once. Anyone.
    function poke(bytes32 scheduleId, JobTerms calldata terms, bytes calldata input)
        external
        returns (bytes32 jobId);

    /// @notice Ends a schedule and books what is left of its budget back. The consumer only.
    function cancelSchedule(bytes32 scheduleId) external;

    /// @notice Pays out what is booked for the sender.
    function withdraw(address to) external;

    /// @notice Who accepted a job that was not delivered in time, and did not answer it; zero: nobody, or
    /// it is not so.
    function undeliveredBy(bytes32 jobId) external view returns (address);

    /// @notice The interval (from 1) that runs at this time; zero: the schedule has not started.
    function intervalOf(bytes32 scheduleId) external view returns (uint32);

    function jobs(bytes32 jobId) external view returns (Job memory);
    function schedules(bytes32 scheduleId) external view returns (Schedule memory);
    function balances(address account) external view returns (uint256);
    function asset() external view returns (address);
}
