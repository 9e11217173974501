// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {PanelMembers} from "./PanelMembers.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {IReexecutionPanel} from "./interfaces/IReexecutionPanel.sol";
import {PanelTerms} from "./types/PanelTerms.sol";
import {Receipt, TIER_CONTRIBUTOR_SIGNED} from "./types/Receipt.sol";

/// @title ReexecutionPanel
/// @notice See `IReexecutionPanel`; membership and money are in `PanelMembers`.
contract ReexecutionPanel is PanelMembers {
    using SafeTransferLib for address;

    uint8 private constant STATE_DRAWING = 1;
    uint8 private constant STATE_VOTING = 2;
    uint8 private constant STATE_DECIDED = 3;
    uint8 private constant STATE_CLOSED = 4;

    uint64 public constant DRAW_TIME = 12 hours;
    uint64 public constant COMMIT_TIME = 12 hours;
    uint64 public constant REVEAL_TIME = 12 hours;
    uint64 public constant APPEAL_TIME = 12 hours;
    /// @dev Two rounds, one time to appeal, and a day for the calls in between.
    uint64 public constant MAX_CASE_TIME =
        2 * (DRAW_TIME + COMMIT_TIME + REVEAL_TIME) + APPEAL_TIME + 1 days;
    uint16 public constant MAX_SLASH_BPS = 2_000;
    uint16 private constant ALL_BPS = 10_000;
    /// @dev Nobody knows the hash of a block that far ahead when accusing.
    uint64 private constant DRAW_AHEAD = 2;

    IOperatorRegistry public immutable contributors;
    IReceiptAnchor public immutable receiptAnchor;
    IReceiptVerifier public immutable verifier;
    address public immutable insurance;
    uint96 public immutable accuserBond;
    uint16 public immutable slashBps;

    mapping(bytes32 digest => Case) private _cases;
    mapping(bytes32 digest => mapping(uint8 round => address[])) private _juries;
    mapping(bytes32 digest => mapping(uint8 round => mapping(address member => Ballot))) private
        _ballots;

    constructor(PanelTerms memory terms)
        PanelMembers(terms.contributors.asset(), terms.memberBond, terms.silenceFine)
    {
        if (terms.accuserBond == 0) revert NothingBonded();
        if (terms.slashBps > MAX_SLASH_BPS) revert SlashCapTooHigh(terms.slashBps, MAX_SLASH_BPS);
        uint256 unbondingDelay = terms.contributors.unbondingDelay();
        if (unbondingDelay <= MAX_CASE_TIME) {
            revert UnbondingDelayTooShort(unbondingDelay, MAX_CASE_TIME);
        }
        contributors = terms.contributors;
        insurance = terms.contributors.insurance();
        receiptAnchor = terms.receiptAnchor;
        verifier = terms.verifier;
        accuserBond = terms.accuserBond;
        slashBps = terms.slashBps;
    }

    /// @inheritdoc IReexecutionPanel
    function accuse(
        Receipt calldata receipt,
        bytes calldata contributorSignature,
        bytes calldata gatewaySignature
    ) external nonReentrant returns (bytes32 digest) {
        // The stake must still be reachable when the case is closed.
        uint256 usableUntil =
            uint256(receipt.work.finishedAt) + contributors.unbondingDelay() - MAX_CASE_TIME;
        if (block.timestamp > usableUntil) revert EvidenceExpired(usableUntil, block.timestamp);
        bool ok;
        (ok, digest) = verifier.verify(receipt, contributorSignature, gatewaySignature);
        if (!ok || receipt.tiers & TIER_CONTRIBUTOR_SIGNED == 0) revert ReceiptInvalid(digest);
        Case storage open = _cases[digest];
        if (open.state != 0) revert AlreadyAccused(digest);

        open.accused = receipt.work.contributor;
        open.accuser = msg.sender;
        _startDrawing(open);
        emit Accused(digest, receipt.work.contributor, msg.sender);
        receiptAnchor.openChallenge(digest);
        asset.safeTransferFrom(msg.sender, address(this), accuserBond);
    }

    /// @inheritdoc IReexecutionPanel
    function draw(bytes32 digest) external {
        Case storage open = _caseIn(digest, STATE_DRAWING);
        if (block.number <= open.drawBlock) {
            revert NotDrawable(digest, open.drawBlock, block.number);
        }
        bytes32 seed = blockhash(open.drawBlock);
        if (seed == bytes32(0)) {
            // The chain keeps 256 hashes. Waiting for a better one costs the waiter the same wait.
            open.drawBlock = uint64(block.number) + DRAW_AHEAD;
            emit DrawPostponed(digest, open.drawBlock);
            return;
        }
        uint8 round = open.round;
        address[] memory jury = _drawJury(
            keccak256(abi.encode(seed, digest, round)), round, open.accused, open.accuser
        );
        for (uint256 i = 0; i < jury.length; ++i) {
            _ballots[digest][round][jury[i]].onJury = true;
        }
        _juries[digest][round] = jury;
        open.state = STATE_VOTING;
        open.drawBlock = 0;
        open.commitUntil = uint64(block.timestamp) + COMMIT_TIME;
        open.revealUntil = open.commitUntil + REVEAL_TIME;
        emit JuryDrawn(digest, round, jury, open.commitUntil, open.revealUntil);
    }

    /// @inheritdoc IReexecutionPanel
    function abandon(bytes32 digest) external {
        Case storage open = _caseIn(digest, STATE_DRAWING);
        if (block.timestamp <= open.drawUntil) {
            revert TimeNotOver(open.drawUntil, block.timestamp);
        }
        emit Abandoned(digest, open.round);
        if (open.round == 0) {
            // Forgotten, not closed: an accusation that no jury heard must not shield from the next.
            credits[open.accuser] += accuserBond;
            delete _cases[digest];
            receiptAnchor.closeChallenge(digest);
        } else {
            credits[open.appellant] += _appealBond();
            open.appellant = address(0);
            open.round = 0;
            open.state = STATE_DECIDED;
        }
    }

    /// @inheritdoc IReexecutionPanel
    function commitVote(bytes32 digest, bytes32 commitment) external {
        Case storage open = _caseIn(digest, STATE_VOTING);
        if (block.timestamp > open.commitUntil) revert TimeOver(open.commitUntil, block.timestamp);
        Ballot storage ballot = _ballotOf(digest, open.round);
        if (ballot.commitment != bytes32(0)) revert AlreadyCommitted(digest, msg.sender);
        ballot.commitment = commitment;
        emit VoteCommitted(digest, msg.sender);
    }

    /// @inheritdoc IReexecutionPanel
    function revealVote(bytes32 digest, bool wrong, bytes32 salt) external {
        Case storage open = _caseIn(digest, STATE_VOTING);
        if (block.timestamp <= open.commitUntil) {
            revert TimeNotOver(open.commitUntil, block.timestamp);
        }
        if (block.timestamp > open.revealUntil) revert TimeOver(open.revealUntil, block.timestamp);
        Ballot storage ballot = _ballotOf(digest, open.round);
        bytes32 commitment = voteCommitment(digest, open.round, msg.sender, wrong, salt);
        if (commitment != ballot.commitment) revert VoteMismatch(ballot.commitment, commitment);
        ballot.revealed = true;
        ballot.wrong = wrong;
        emit VoteRevealed(digest, msg.sender, wrong);
    }

    /// @inheritdoc IReexecutionPanel
    function tally(bytes32 digest) external {
        Case storage open = _caseIn(digest, STATE_VOTING);
        if (block.timestamp <= open.revealUntil) {
            revert TimeNotOver(open.revealUntil, block.timestamp);
        }
        uint8 round = open.round;
        address[] memory jury = _juries[digest][round];
        uint256 wrongVotes = 0;
        for (uint256 i = 0; i < jury.length; ++i) {
            Ballot storage ballot = _ballots[digest][round][jury[i]];
            if (!ballot.revealed) _fine(digest, jury[i]);
            else if (ballot.wrong) ++wrongVotes;
        }
        open.foundWrong = wrongVotes * 3 >= jury.length * 2;
        open.state = STATE_DECIDED;
        open.appealUntil = uint64(block.timestamp) + APPEAL_TIME;
        emit Decided(digest, round, open.foundWrong, open.appealUntil);
    }

    /// @inheritdoc IReexecutionPanel
    function appeal(bytes32 digest) external nonReentrant {
        Case storage open = _caseIn(digest, STATE_DECIDED);
        if (open.round != 0) revert AlreadyAppealed(digest);
        if (block.timestamp > open.appealUntil) revert TimeOver(open.appealUntil, block.timestamp);
        open.appellant = msg.sender;
        open.round = 1;
        _startDrawing(open);
        emit Appealed(digest, msg.sender);
        asset.safeTransferFrom(msg.sender, address(this), _appealBond());
    }

    /// @inheritdoc IReexecutionPanel
    function conclude(bytes32 digest) external {
        Case memory decided = _caseIn(digest, STATE_DECIDED);
        if (decided.round == 0 && block.timestamp <= decided.appealUntil) {
            revert TimeNotOver(decided.appealUntil, block.timestamp);
        }
        _cases[digest].state = STATE_CLOSED;
        _settleBonds(digest, decided);
        receiptAnchor.closeChallenge(digest);
        uint96 slashed = 0;
        if (decided.foundWrong) {
            receiptAnchor.invalidate(digest);
            slashed = _slash(digest, decided);
        }
        emit Closed(digest, decided.foundWrong, slashed);
    }

    /// @inheritdoc IReexecutionPanel
    function cases(bytes32 digest) external view returns (Case memory) {
        return _cases[digest];
    }

    /// @inheritdoc IReexecutionPanel
    function juryOf(bytes32 digest, uint8 round) external view returns (address[] memory) {
        return _juries[digest][round];
    }

    /// @inheritdoc IReexecutionPanel
    function ballotOf(bytes32 digest, uint8 round, address member)
        external
        view
        returns (Ballot memory)
    {
        return _ballots[digest][round][member];
    }

    /// @inheritdoc IReexecutionPanel
    function voteCommitment(bytes32 digest, uint8 round, address member, bool wrong, bytes32 salt)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(digest, round, member, wrong, salt));
    }

    function _startDrawing(Case storage open) private {
        open.state = STATE_DRAWING;
        open.drawBlock = uint64(block.number) + DRAW_AHEAD;
        open.drawUntil = uint64(block.timestamp) + DRAW_TIME;
    }

    /// @dev Capped: the verdict of a quorum is weaker than a signature. An accused that has nothing
    /// left is not slashed, and the case is closed all the same.
    function _slash(bytes32 digest, Case memory decided) private returns (uint96) {
        uint96 stake = contributors.operators(decided.accused).stake;
        uint96 amount = uint96((uint256(stake) * slashBps) / ALL_BPS);
        if (amount == 0) return 0;
        bytes32 faultId = keccak256(abi.encode("S7", digest));
        return contributors.slash(decided.accused, amount, faultId, decided.accuser);
    }

    /// @dev Bonds of those who were right go back; the others' are shared by the members, over both
    /// juries, whose votes agree with the verdict.
    function _settleBonds(bytes32 digest, Case memory decided) private {
        uint256 pot = 0;
        if (decided.foundWrong) credits[decided.accuser] += accuserBond;
        else pot += accuserBond;
        if (decided.appellant != address(0)) {
            // An appeal is won if it changed the verdict: only one side had a reason to lodge it.
            if (decided.foundWrong != _firstVerdict(digest)) {
                credits[decided.appellant] += _appealBond();
            } else {
                pot += _appealBond();
            }
        }
        _sharePot(pot, _agreeing(digest, decided));
        for (uint8 round = 0; round <= decided.round; ++round) {
            _release(_juries[digest][round]);
        }
    }

    function _insure(uint256 amount) internal override {
        credits[insurance] += amount;
    }

    function _firstVerdict(bytes32 digest) private view returns (bool) {
        address[] memory jury = _juries[digest][0];
        uint256 wrongVotes = 0;
        for (uint256 i = 0; i < jury.length; ++i) {
            if (_ballots[digest][0][jury[i]].wrong) ++wrongVotes;
        }
        return wrongVotes * 3 >= jury.length * 2;
    }

    function _agreeing(bytes32 digest, Case memory decided)
        private
        view
        returns (address[] memory voters)
    {
        uint256 count = 0;
        voters = new address[](JURY_SIZE + APPEAL_JURY_SIZE);
        for (uint8 round = 0; round <= decided.round; ++round) {
            address[] memory jury = _juries[digest][round];
            for (uint256 i = 0; i < jury.length; ++i) {
                Ballot memory ballot = _ballots[digest][round][jury[i]];
                if (ballot.revealed && ballot.wrong == decided.foundWrong) {
                    voters[count++] = jury[i];
                }
            }
        }
        return _truncated(voters, count);
    }

    function _appealBond() private view returns (uint256) {
        return uint256(accuserBond) * 2;
    }

    function _ballotOf(bytes32 digest, uint8 round) private view returns (Ballot storage ballot) {
        ballot = _ballots[digest][round][msg.sender];
        if (!ballot.onJury) revert NotOnJury(digest, msg.sender);
    }

    function _caseIn(bytes32 digest, uint8 state) private view returns (Case storage open) {
        open = _cases[digest];
        if (open.state != state) revert WrongState(digest, open.state);
    }
}
