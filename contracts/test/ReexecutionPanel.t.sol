// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReexecutionPanel} from "../src/ReexecutionPanel.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {IReexecutionPanel} from "../src/interfaces/IReexecutionPanel.sol";
import {PanelTerms} from "../src/types/PanelTerms.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {SlashingFixture} from "./support/SlashingFixture.sol";
import {vm} from "./support/Vm.sol";

contract ReexecutionPanelTest is SlashingFixture {
    uint96 private constant MEMBER_BOND = 100e6;
    uint96 private constant ACCUSER_BOND = 30e6;
    uint96 private constant FINE = 5e6;
    bytes32 private constant SALT = "salt";

    ReexecutionPanel private _panel;
    Receipt private _receipt;
    bytes32 private _digest;
    address private _accuser = address(0xACC);

    function setUp() public {
        setUpSlashing();
        vm.roll(1_000);
        vm.warp(START_S + 100);
        Receipt memory receipt = receiptOf(1);
        _receipt = receipt;
        _digest = verifier.digestOf(receipt);
        for (uint160 i = 0; i < 12; ++i) {
            _enroll(address(0xE000 + i));
        }
    }

    function slashersOf() internal override returns (address[] memory list) {
        _panel = new ReexecutionPanel(_panelTerms());
        list = new address[](3);
        list[0] = address(slashing);
        list[1] = address(inclusion);
        list[2] = address(_panel);
    }

    // A verdict

    function test_S7_a_jury_that_finds_the_answer_wrong_slashes_a_capped_part() public {
        _accuse();
        vm.assertEq(verifier.status(_digest), 2);
        _drawAndVote(0, 3);
        vm.warp(block.timestamp + 12 hours + 1);
        _panel.conclude(_digest);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE - MIN_STAKE / 10);
        vm.assertEq(verifier.status(_digest), 3);
        vm.assertEq(_panel.credits(_accuser), ACCUSER_BOND);
        contributors.payForfeit(keccak256(abi.encode("S7", _digest)));
        vm.assertEq(asset.balanceOf(_accuser), MIN_STAKE / 50);
        vm.prank(_accuser);
        _panel.withdraw(_accuser);
        vm.assertEq(asset.balanceOf(_accuser), MIN_STAKE / 50 + ACCUSER_BOND);
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.NothingToWithdraw.selector, _accuser)
        );
        vm.prank(_accuser);
        _panel.withdraw(_accuser);
    }

    function test_S7_a_false_accusation_pays_the_jury() public {
        _accuse();
        address[] memory jury = _drawAndVote(0, 1);
        vm.warp(block.timestamp + 12 hours + 1);
        _panel.conclude(_digest);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE);
        vm.assertEq(verifier.status(_digest), 0);
        vm.assertEq(_panel.credits(jury[0]), 0); // voted "wrong"
        vm.assertEq(_panel.credits(jury[1]), ACCUSER_BOND / 2);
        vm.assertEq(_panel.credits(jury[2]), ACCUSER_BOND / 2);
        vm.expectRevert(_wrongState(4));
        _panel.conclude(_digest);
    }

    function test_S7_two_thirds_of_the_seats_decide_and_silence_is_fined() public {
        _accuse();
        address[] memory jury = _draw(0);
        _commit(0, jury[0], true);
        _commit(0, jury[1], true);
        vm.warp(block.timestamp + 12 hours + 1);
        _reveal(jury[0], true);
        vm.warp(block.timestamp + 12 hours);
        _panel.tally(_digest);
        vm.assertFalse(_panel.cases(_digest).foundWrong);
        (uint96 bond,,) = _panel.members(jury[1]);
        vm.assertEq(bond, MEMBER_BOND - FINE);
        vm.assertEq(_panel.credits(insurance), 2 * FINE);
        vm.warp(block.timestamp + 12 hours + 1);
        _panel.conclude(_digest);
        // Nobody revealed a vote for the verdict: the bond is insured.
        vm.assertEq(_panel.credits(insurance), 2 * FINE + ACCUSER_BOND);
    }

    // Appeals

    function test_S7_a_larger_jury_can_turn_the_verdict() public {
        _accuse();
        _drawAndVote(0, 3);
        _appeal(contributor);
        address[] memory larger = _drawAndVote(1, 4); // of 7: not two thirds
        _panel.conclude(_digest);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE);
        vm.assertEq(_panel.credits(contributor), 2 * ACCUSER_BOND);
        // The accuser's bond goes to the three that voted with the final verdict.
        for (uint256 i = 4; i < 7; ++i) {
            vm.assertEq(_panel.credits(larger[i]), ACCUSER_BOND / 3);
        }
        vm.assertEq(_panel.credits(larger[0]), 0);
        _assertSolvent();
    }

    function test_S7_an_appeal_that_fails_is_paid_for() public {
        _accuse();
        _drawAndVote(0, 3);
        _appeal(contributor);
        vm.expectRevert(_wrongState(1));
        _panel.appeal(_digest);
        _drawAndVote(1, 7);
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.AlreadyAppealed.selector, _digest));
        _panel.appeal(_digest);
        _panel.conclude(_digest);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE - MIN_STAKE / 10);
        vm.assertEq(_panel.credits(contributor), 0);
        vm.assertEq(_panel.credits(_accuser), ACCUSER_BOND);
        _assertSolvent();
    }

    function test_S7_appeals_and_conclusions_keep_to_their_time() public {
        _accuse();
        _drawAndVote(0, 3);
        uint64 until = _panel.cases(_digest).appealUntil;
        vm.warp(until);
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.TimeNotOver.selector, until, until)
        );
        _panel.conclude(_digest);
        vm.warp(until + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.TimeOver.selector, until, until + 1)
        );
        _panel.appeal(_digest);
    }

    // Drawing

    function test_S7_a_jury_is_drawn_from_a_later_block_without_the_parties() public {
        _enroll(contributor);
        _enroll(_accuser);
        _accuse();
        uint64 drawBlock = _panel.cases(_digest).drawBlock;
        vm.expectRevert(
            abi.encodeWithSelector(
                IReexecutionPanel.NotDrawable.selector, _digest, drawBlock, block.number
            )
        );
        _panel.draw(_digest);
        address[] memory jury = _draw(0);
        for (uint256 i = 0; i < jury.length; ++i) {
            vm.assertTrue(jury[i] != contributor && jury[i] != _accuser);
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(jury[i] != jury[j]);
            }
            vm.expectRevert(
                abi.encodeWithSelector(IReexecutionPanel.MemberOnDuty.selector, jury[i], 1)
            );
            vm.prank(jury[i]);
            _panel.resign();
        }
    }

    function test_S7_a_forgotten_block_is_replaced_by_a_later_one() public {
        _accuse();
        vm.roll(block.number + 300);
        _panel.draw(_digest);
        vm.assertEq(_panel.cases(_digest).drawBlock, block.number + 2);
        vm.assertEq(_panel.juryOf(_digest, 0).length, 0);
        vm.assertEq(_draw(0).length, 3);
    }

    function test_S7_a_case_without_a_jury_is_abandoned() public {
        for (uint160 i = 0; i < 10; ++i) {
            vm.prank(address(0xE000 + i));
            _panel.resign();
        }
        vm.assertEq(_panel.memberCount(), 2);
        _accuse();
        vm.roll(block.number + 3);
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.TooFewMembers.selector, 2, 3));
        _panel.draw(_digest);
        uint64 until = _panel.cases(_digest).drawUntil;
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.TimeNotOver.selector, until, block.timestamp)
        );
        _panel.abandon(_digest);
        vm.warp(until + 1);
        _panel.abandon(_digest);
        vm.assertEq(_panel.credits(_accuser), ACCUSER_BOND);
        vm.assertEq(verifier.status(_digest), 0);

        // It can be brought again once there is a jury to hear it.
        _enroll(address(0xE020));
        _accuse();
        vm.assertEq(_draw(0).length, 3);
    }

    function test_S7_an_appeal_without_a_jury_leaves_the_first_verdict() public {
        for (uint160 i = 0; i < 6; ++i) {
            vm.prank(address(0xE000 + i));
            _panel.resign();
        }
        _accuse();
        _drawAndVote(0, 3);
        _appeal(contributor);
        vm.warp(_panel.cases(_digest).drawUntil + 1);
        _panel.abandon(_digest);
        vm.assertEq(_panel.credits(contributor), 2 * ACCUSER_BOND);
        _panel.conclude(_digest);
        vm.assertEq(contributors.operators(contributor).stake, MIN_STAKE - MIN_STAKE / 10);
    }

    function test_S7_a_member_that_cannot_pay_a_fine_is_not_drawn() public {
        // Exactly three can sit; after twenty silent cases their bonds are too small.
        for (uint160 i = 0; i < 9; ++i) {
            vm.prank(address(0xE000 + i));
            _panel.resign();
        }
        for (uint256 i = 0; i < MEMBER_BOND / FINE; ++i) {
            _accuseAnother(i);
            _draw(0);
            vm.warp(block.timestamp + 24 hours + 1);
            _panel.tally(_digest);
        }
        _accuseAnother(1_000);
        vm.roll(block.number + 3);
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.TooFewMembers.selector, 0, 3));
        _panel.draw(_digest);
    }

    // Votes

    function test_S7_votes_are_secret_then_open_then_over() public {
        _accuse();
        address[] memory jury = _draw(0);
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.NotOnJury.selector, _digest, client)
        );
        vm.prank(client);
        _panel.commitVote(_digest, "vote");
        _commit(0, jury[0], true);
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.AlreadyCommitted.selector, _digest, jury[0])
        );
        vm.prank(jury[0]);
        _panel.commitVote(_digest, "vote");
        uint64 commitUntil = _panel.cases(_digest).commitUntil;
        vm.expectRevert(
            abi.encodeWithSelector(
                IReexecutionPanel.TimeNotOver.selector, commitUntil, block.timestamp
            )
        );
        vm.prank(jury[0]);
        _panel.revealVote(_digest, true, SALT);
        vm.warp(commitUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IReexecutionPanel.TimeOver.selector, commitUntil, commitUntil + 1
            )
        );
        vm.prank(jury[1]);
        _panel.commitVote(_digest, "vote");
        bytes32 committed = _panel.voteCommitment(_digest, 0, jury[0], true, SALT);
        bytes32 shown = _panel.voteCommitment(_digest, 0, jury[0], false, SALT);
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.VoteMismatch.selector, committed, shown)
        );
        vm.prank(jury[0]);
        _panel.revealVote(_digest, false, SALT);
        uint64 revealUntil = _panel.cases(_digest).revealUntil;
        vm.expectRevert(
            abi.encodeWithSelector(
                IReexecutionPanel.TimeNotOver.selector, revealUntil, block.timestamp
            )
        );
        _panel.tally(_digest);
        vm.warp(revealUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IReexecutionPanel.TimeOver.selector, revealUntil, revealUntil + 1
            )
        );
        vm.prank(jury[0]);
        _panel.revealVote(_digest, true, SALT);
    }

    // Accusations

    function test_S7_a_seat_shows_how_far_its_vote_is() public {
        _accuse();
        address member = _draw(0)[0];
        IReexecutionPanel.Ballot memory ballot = _panel.ballotOf(_digest, 0, member);
        vm.assertTrue(ballot.onJury && ballot.commitment == bytes32(0) && !ballot.revealed);
        vm.assertFalse(_panel.ballotOf(_digest, 1, member).onJury);
        vm.assertFalse(_panel.ballotOf(_digest, 0, _accuser).onJury);
        _commit(0, member, true);
        bytes32 commitment = _panel.voteCommitment(_digest, 0, member, true, SALT);
        vm.assertEq(_panel.ballotOf(_digest, 0, member).commitment, commitment);
        vm.warp(block.timestamp + 12 hours + 1);
        _reveal(member, true);
        ballot = _panel.ballotOf(_digest, 0, member);
        vm.assertTrue(ballot.revealed && ballot.wrong);
    }

    function test_S7_accusations_need_a_recent_valid_receipt_once() public {
        Receipt memory receipt = receiptOf(1);
        bytes memory good = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.ReceiptInvalid.selector, _digest));
        _panel.accuse(receipt, "", gatewaySignature);
        _accuse();
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.AlreadyAccused.selector, _digest));
        _panel.accuse(receipt, good, gatewaySignature);
        uint256 usableUntil = receipt.work.finishedAt + UNBONDING - _panel.MAX_CASE_TIME();
        vm.warp(usableUntil + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IReexecutionPanel.EvidenceExpired.selector, usableUntil, usableUntil + 1
            )
        );
        _panel.accuse(receipt, good, gatewaySignature);
    }

    function test_S7_without_a_contributors_signature_nobody_is_accused() public {
        Receipt memory receipt = receiptOf(1);
        receipt.tiers = 1;
        bytes memory signature = signReceipt(receipt, GATEWAY_KEY);
        bytes32 digest = verifier.digestOf(receipt);
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.ReceiptInvalid.selector, digest));
        _panel.accuse(receipt, "", signature);
    }

    function test_S7_an_accused_without_stake_ends_the_case_all_the_same() public {
        _accuse();
        _drawAndVote(0, 3);
        vm.prank(address(slashing));
        contributors.slash(contributor, type(uint96).max, "another fault", reporter);
        vm.warp(block.timestamp + 12 hours + 1);
        _panel.conclude(_digest);
        vm.assertEq(verifier.status(_digest), 3);
    }

    // Members and terms

    function test_S7_members_join_once_and_leave_with_their_bond() public {
        address member = address(0xE003);
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.AlreadyMember.selector, member));
        vm.prank(member);
        _panel.enroll();
        vm.startPrank(member);
        _panel.resign();
        _panel.withdraw(member);
        vm.assertEq(asset.balanceOf(member), MEMBER_BOND);
        vm.expectRevert(abi.encodeWithSelector(IReexecutionPanel.NotMember.selector, member));
        _panel.resign();
        vm.stopPrank();
        (,, uint32 position) = _panel.members(address(0xE00B));
        vm.assertEq(position, 4); // the last took the free place
    }

    function test_S7_terms_that_could_not_work_are_refused() public {
        PanelTerms memory bad = _panelTerms();
        bad.memberBond = 0;
        vm.expectRevert(IReexecutionPanel.NothingBonded.selector);
        new ReexecutionPanel(bad);
        bad = _panelTerms();
        bad.accuserBond = 0;
        vm.expectRevert(IReexecutionPanel.NothingBonded.selector);
        new ReexecutionPanel(bad);
        bad = _panelTerms();
        bad.slashBps = 2_001;
        vm.expectRevert(
            abi.encodeWithSelector(IReexecutionPanel.SlashCapTooHigh.selector, 2_001, 2_000)
        );
        new ReexecutionPanel(bad);
        bad = _panelTerms();
        uint64 caseTime = _panel.MAX_CASE_TIME();
        bad.contributors = IOperatorRegistry(address(new HastyRegistry(uint40(caseTime))));
        vm.expectRevert(
            abi.encodeWithSelector(
                IReexecutionPanel.UnbondingDelayTooShort.selector, caseTime, caseTime
            )
        );
        new ReexecutionPanel(bad);
    }

    function _panelTerms() private view returns (PanelTerms memory) {
        return PanelTerms({
            contributors: contributors,
            receiptAnchor: receiptAnchor,
            verifier: verifier,
            memberBond: MEMBER_BOND,
            accuserBond: ACCUSER_BOND,
            silenceFine: FINE,
            slashBps: 1_000
        });
    }

    function _enroll(address member) private {
        asset.mint(member, MEMBER_BOND);
        vm.startPrank(member);
        asset.approve(address(_panel), MEMBER_BOND);
        _panel.enroll();
        vm.stopPrank();
    }

    function _accuse() private {
        Receipt memory receipt = _receipt;
        bytes memory contributorSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        asset.mint(_accuser, ACCUSER_BOND);
        vm.startPrank(_accuser);
        asset.approve(address(_panel), ACCUSER_BOND);
        _panel.accuse(receipt, contributorSignature, gatewaySignature);
        vm.stopPrank();
    }

    function _accuseAnother(uint256 salt) private {
        Receipt memory receipt = receiptOf(salt);
        receipt.work.finishedAt = uint64(block.timestamp);
        _receipt = receipt;
        _digest = verifier.digestOf(receipt);
        _accuse();
    }

    function _appeal(address by) private {
        asset.mint(by, 2 * ACCUSER_BOND);
        vm.startPrank(by);
        asset.approve(address(_panel), 2 * ACCUSER_BOND);
        _panel.appeal(_digest);
        vm.stopPrank();
    }

    function _draw(uint8 round) private returns (address[] memory) {
        vm.roll(block.number + 3);
        _panel.draw(_digest);
        return _panel.juryOf(_digest, round);
    }

    /// @dev The first `wrongVotes` of the jury vote "wrong", the others "right".
    function _drawAndVote(uint8 round, uint256 wrongVotes) private returns (address[] memory jury) {
        jury = _draw(round);
        for (uint256 i = 0; i < jury.length; ++i) {
            _commit(round, jury[i], i < wrongVotes);
        }
        vm.warp(block.timestamp + 12 hours + 1);
        for (uint256 i = 0; i < jury.length; ++i) {
            _reveal(jury[i], i < wrongVotes);
        }
        vm.warp(block.timestamp + 12 hours);
        _panel.tally(_digest);
    }

    function _commit(uint8 round, address member, bool wrong) private {
        bytes32 commitment = _panel.voteCommitment(_digest, round, member, wrong, SALT);
        vm.prank(member);
        _panel.commitVote(_digest, commitment);
    }

    function _reveal(address member, bool wrong) private {
        vm.prank(member);
        _panel.revealVote(_digest, wrong, SALT);
    }

    function _wrongState(uint8 state) private view returns (bytes memory) {
        return abi.encodeWithSelector(IReexecutionPanel.WrongState.selector, _digest, state);
    }

    function _assertSolvent() private view {
        uint256 owed =
            _panel.credits(insurance) + _panel.credits(_accuser) + _panel.credits(contributor);
        for (uint160 i = 0; i < 12; ++i) {
            (uint96 bond,,) = _panel.members(address(0xE000 + i));
            owed += bond + _panel.credits(address(0xE000 + i));
        }
        vm.assertLe(owed, asset.balanceOf(address(_panel)));
    }
}

/// @notice A registry whose stakes are gone before a case could be over.
contract HastyRegistry {
    address public asset = address(1);
    uint40 public unbondingDelay;

    constructor(uint40 unbondingDelay_) {
        unbondingDelay = unbondingDelay_;
    }
}
