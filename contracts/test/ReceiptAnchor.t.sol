// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IReceiptAnchor} from "../src/interfaces/IReceiptAnchor.sol";
import {Merkle} from "./support/Merkle.sol";
import {ReceiptFixture} from "./support/ReceiptFixture.sol";
import {vm} from "./support/Vm.sol";

contract ReceiptAnchorTest is ReceiptFixture {
    bytes32[] private _digests;
    address private _marker = address(0x3A4C);

    function setUp() public {
        setUpReceipts();
    }

    function test_each_leaf_of_a_batch_is_included_and_nothing_else(uint8 count, uint8 index)
        public
    {
        _fill(1 + count % 33);
        uint256 leaf = index % _digests.length;
        bytes32 root = _anchor();
        bytes32[] memory proof = Merkle.proofOf(_digests, leaf);
        vm.assertEq(verifier.verifyAnchored(_digests[leaf], root, proof), block.timestamp);
        vm.assertEq(verifier.verifyAnchored(keccak256("another"), root, proof), 0);
        vm.assertEq(verifier.verifyAnchored(_digests[leaf], keccak256("root"), proof), 0);
        if (proof.length == 0) return;
        proof[0] = keccak256("another sibling");
        vm.assertEq(verifier.verifyAnchored(_digests[leaf], root, proof), 0);
    }

    function test_a_tree_that_was_not_anchored_proves_nothing() public {
        _fill(4);
        bytes32 root = Merkle.rootOf(_digests);
        vm.assertEq(verifier.verifyAnchored(_digests[1], root, Merkle.proofOf(_digests, 1)), 0);
    }

    /// @dev An inner node offered as a receipt: its hash is of 64 bytes, a leaf's of 32.
    function test_no_inner_node_passes_for_a_receipt() public {
        _fill(4);
        bytes32 root = _anchor();
        bytes32 left = Merkle.nodeOf(Merkle.leafOf(_digests[0]), Merkle.leafOf(_digests[1]));
        bytes32 right = Merkle.nodeOf(Merkle.leafOf(_digests[2]), Merkle.leafOf(_digests[3]));
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = right;
        vm.assertEq(Merkle.nodeOf(left, right), root);
        vm.assertEq(verifier.verifyAnchored(left, root, proof), 0);
        // The root as a leaf of itself.
        vm.assertEq(verifier.verifyAnchored(root, root, new bytes32[](0)), 0);
    }

    function test_a_duplicate_leaf_is_included_by_either_path() public {
        _fill(3);
        _digests.push(_digests[0]);
        bytes32 root = _anchor();
        vm.assertGt(verifier.verifyAnchored(_digests[0], root, Merkle.proofOf(_digests, 0)), 0);
        vm.assertGt(verifier.verifyAnchored(_digests[0], root, Merkle.proofOf(_digests, 3)), 0);
    }

    function test_the_head_folds_every_batch_in_order() public {
        bytes32 expected = bytes32(0);
        for (uint32 i = 0; i < 5; ++i) {
            bytes32 root = keccak256(abi.encode(i));
            expected = keccak256(abi.encode(expected, root, i + 1));
            vm.expectEmit(address(receiptAnchor));
            emit IReceiptAnchor.Anchored(gateway, root, i, i + 1, expected);
            vm.prank(gateway);
            receiptAnchor.anchor(root, i + 1, i);
        }
        (bytes32 head, uint64 batches) = receiptAnchor.chains(gateway);
        vm.assertEq(head, expected);
        vm.assertEq(batches, 5);
    }

    function test_a_root_keeps_its_first_time() public {
        bytes32 root = keccak256("root");
        receiptAnchor.anchor(root, 1, 0);
        uint256 first = block.timestamp;
        vm.warp(first + 100);
        vm.prank(gateway);
        receiptAnchor.anchor(root, 1, 0);
        vm.assertEq(receiptAnchor.rootAnchoredAt(root), first);
    }

    function test_a_batch_sent_twice_is_anchored_once() public {
        receiptAnchor.anchor(keccak256("root"), 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.BatchMismatch.selector, 1, 0));
        receiptAnchor.anchor(keccak256("root"), 1, 0);
    }

    function test_empty_batches_are_refused() public {
        vm.expectRevert(IReceiptAnchor.RootIsZero.selector);
        receiptAnchor.anchor(bytes32(0), 1, 0);
        vm.expectRevert(IReceiptAnchor.CountIsZero.selector);
        receiptAnchor.anchor(keccak256("root"), 0, 0);
    }

    function test_an_inclusion_on_record_is_the_earliest_one() public {
        _fill(2);
        bytes32 digest = _digests[0];
        bytes32 later = _anchor();
        bytes32[] memory laterProof = Merkle.proofOf(_digests, 0);
        vm.assertEq(verifier.status(digest), 0);
        vm.warp(block.timestamp + 100);
        bytes32 latest = Merkle.leafOf(digest);
        vm.prank(gateway);
        receiptAnchor.anchor(latest, 1, 1);

        receiptAnchor.recordInclusion(digest, latest, new bytes32[](0));
        vm.assertEq(receiptAnchor.recordedAt(digest), block.timestamp);
        receiptAnchor.recordInclusion(digest, later, laterProof);
        vm.assertEq(receiptAnchor.recordedAt(digest), block.timestamp - 100);
        receiptAnchor.recordInclusion(digest, latest, new bytes32[](0));
        vm.assertEq(receiptAnchor.recordedAt(digest), block.timestamp - 100);
        vm.assertEq(verifier.status(digest), 1);

        vm.expectRevert(
            abi.encodeWithSelector(IReceiptAnchor.NotIncluded.selector, _digests[1], latest)
        );
        receiptAnchor.recordInclusion(_digests[1], latest, new bytes32[](0));
    }

    function test_contests_are_counted_and_an_invalid_receipt_stays_so() public {
        bytes32 digest = keccak256("digest");
        _appoint();
        vm.startPrank(_marker);
        receiptAnchor.openChallenge(digest);
        receiptAnchor.openChallenge(digest);
        receiptAnchor.closeChallenge(digest);
        vm.assertEq(verifier.status(digest), 2);
        receiptAnchor.closeChallenge(digest);
        vm.assertEq(verifier.status(digest), 0);
        vm.expectRevert(abi.encodeWithSelector(IReceiptAnchor.NoOpenChallenge.selector, digest));
        receiptAnchor.closeChallenge(digest);
        receiptAnchor.invalidate(digest);
        receiptAnchor.openChallenge(digest);
        vm.stopPrank();
        vm.assertEq(verifier.status(digest), 3);
    }

    function test_markers_are_appointed_once_by_the_admin() public {
        address[] memory list = new address[](1);
        list[0] = _marker;
        vm.expectRevert(
            abi.encodeWithSelector(IReceiptAnchor.SenderNotAdmin.selector, address(this), admin)
        );
        receiptAnchor.appointMarkers(list);
        _appoint();
        vm.assertTrue(receiptAnchor.isMarker(_marker));
        vm.expectRevert(
            abi.encodeWithSelector(IReceiptAnchor.SenderNotAdmin.selector, admin, address(0))
        );
        vm.prank(admin);
        receiptAnchor.appointMarkers(list);
        bytes memory refused =
            abi.encodeWithSelector(IReceiptAnchor.SenderNotMarker.selector, address(this));
        vm.expectRevert(refused);
        receiptAnchor.openChallenge(keccak256("digest"));
        vm.expectRevert(refused);
        receiptAnchor.closeChallenge(keccak256("digest"));
        vm.expectRevert(refused);
        receiptAnchor.invalidate(keccak256("digest"));
    }

    function _appoint() private {
        address[] memory list = new address[](1);
        list[0] = _marker;
        vm.prank(admin);
        receiptAnchor.appointMarkers(list);
    }

    function _fill(uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            _digests.push(keccak256(abi.encode("digest", i)));
        }
    }

    function _anchor() private returns (bytes32 root) {
        root = Merkle.rootOf(_digests);
        vm.prank(gateway);
        receiptAnchor.anchor(root, uint32(_digests.length), 0);
    }
}
