// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receipt} from "../types/Receipt.sol";

/// @title IReexecutionPanel
/// @notice S7: whether an answer is what the model says cannot be computed on chain. A jury of bonded
/// members runs the model again and votes; one appeal; the slash is capped.
/// @dev Life of a case:
///
///     accuse --(DRAW_TIME, no jury)--> abandon --> (none)
///     accuse --draw--> committing --(COMMIT_TIME)--> revealing --(REVEAL_TIME)--> tally --> decided
///     decided --appeal (once, within APPEAL_TIME)--> a larger jury is drawn
///     decided --(APPEAL_TIME, or at once after an appeal)--> conclude --> closed
///
/// Votes are committed before they are revealed, so that nobody copies the first one. A verdict of
/// "wrong" needs two thirds of the jury's seats; silence speaks for the accused. The members of a jury
/// that voted with the final verdict share the bonds of the side that lost.
interface IReexecutionPanel {
    struct Case {
        address accused;
        address accuser;
        /// @dev Zero until somebody appeals.
        address appellant;
        /// @dev The jury is drawn from the hash of this block; zero: drawn.
        uint64 drawBlock;
        /// @dev Unix seconds after which a case without a jury can be abandoned.
        uint64 drawUntil;
        /// @dev Unix seconds until which votes are committed, revealed, and appealed against.
        uint64 commitUntil;
        uint64 revealUntil;
        uint64 appealUntil;
        uint8 round;
        uint8 state;
        bool foundWrong;
    }

    struct Ballot {
        /// @dev Zero until the member has voted.
        bytes32 commitment;
        bool onJury;
        bool revealed;
        /// @dev What was revealed.
        bool wrong;
    }

    event MemberEnrolled(address indexed member);
    event MemberResigned(address indexed member);
    event Accused(bytes32 indexed digest, address indexed accused, address indexed accuser);
    event DrawPostponed(bytes32 indexed digest, uint64 drawBlock);
    event JuryDrawn(
        bytes32 indexed digest, uint8 round, address[] jury, uint64 commitUntil, uint64 revealUntil
    );
    event VoteCommitted(bytes32 indexed digest, address indexed member);
    event VoteRevealed(bytes32 indexed digest, address indexed member, bool wrong);
    event Decided(bytes32 indexed digest, uint8 round, bool wrong, uint64 appealUntil);
    event Abandoned(bytes32 indexed digest, uint8 round);
    event Appealed(bytes32 indexed digest, address indexed appellant);
    event Closed(bytes32 indexed digest, bool wrong, uint96 slashed);
    event MemberFined(bytes32 indexed digest, address indexed member, uint96 fine);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    error AlreadyMember(address account);
    error NotMember(address account);
    error MemberOnDuty(address member, uint256 openCases);
    error NothingBonded();
    error SlashCapTooHigh(uint256 bps, uint256 maximum);
    error UnbondingDelayTooShort(uint256 unbondingDelay, uint256 required);
    error EvidenceExpired(uint256 usableUntil, uint256 nowS);
    error ReceiptInvalid(bytes32 digest);
    error AlreadyAccused(bytes32 digest);
    error NotDrawable(bytes32 digest, uint64 drawBlock, uint256 blockNumber);
    error TooFewMembers(uint256 members, uint256 required);
    error WrongState(bytes32 digest, uint8 state);
    error NotOnJury(bytes32 digest, address account);
    error TimeOver(uint64 until, uint256 nowS);
    error TimeNotOver(uint64 until, uint256 nowS);
    error AlreadyCommitted(bytes32 digest, address member);
    error VoteMismatch(bytes32 expected, bytes32 actual);
    error AlreadyAppealed(bytes32 digest);
    error NothingToWithdraw(address account);

    /// @notice Makes the sender a member; takes the member's bond by allowance.
    function enroll() external;

    /// @notice Ends a membership and books the bond to `credits`. Not while on a jury.
    function resign() external;

    /// @notice Accuses the contributor of a receipt; takes the accuser's bond by allowance.
    function accuse(
        Receipt calldata receipt,
        bytes calldata contributorSignature,
        bytes calldata gatewaySignature
    ) external returns (bytes32 digest);

    /// @notice Draws the jury of a case. Anyone; when the block is forgotten a later one is set.
    function draw(bytes32 digest) external;

    /// @notice Gives up on a jury that could not be drawn in `DRAW_TIME`: the case is forgotten and can be
    /// brought again, or the first verdict stands; the bond of whoever asked for the jury goes back.
    /// Anyone.
    function abandon(bytes32 digest) external;

    /// @param commitment `voteCommitment(digest, round, member, wrong, salt)`.
    function commitVote(bytes32 digest, bytes32 commitment) external;

    function revealVote(bytes32 digest, bool wrong, bytes32 salt) external;

    /// @notice Counts the votes and fines members who did not reveal theirs. Anyone.
    function tally(bytes32 digest) external;

    /// @notice Asks for a larger jury; takes twice the accuser's bond by allowance.
    function appeal(bytes32 digest) external;

    /// @notice Carries the verdict out. Anyone.
    function conclude(bytes32 digest) external;

    function withdraw(address to) external;

    function voteCommitment(bytes32 digest, uint8 round, address member, bool wrong, bytes32 salt)
        external
        pure
        returns (bytes32);

    /// @notice A seat on the jury of a round, and how far its vote is.
    function ballotOf(bytes32 digest, uint8 round, address member)
        external
        view
        returns (Ballot memory);

    function cases(bytes32 digest) external view returns (Case memory);
    function juryOf(bytes32 digest, uint8 round) external view returns (address[] memory);
    function memberCount() external view returns (uint256);
    function credits(address account) external view returns (uint256);
}
