// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReceiptAnchor} from "../src/ReceiptAnchor.sol";
import {vm} from "./support/Vm.sol";

/// @notice Two senders anchor a few roots over and over; a marker contests and invalidates receipts.
contract AnchorActor {
    ReceiptAnchor public receiptAnchor = new ReceiptAnchor(address(this));
    uint256 public anchored;
    bool public timeChanged;
    bool public cameBack;
    mapping(address sender => bytes32) public expectedHead;
    mapping(bytes32 root => uint64) private _firstTime;
    mapping(bytes32 digest => bool) private _invalidated;

    constructor() {
        vm.warp(1_800_000_000);
        address[] memory markers = new address[](1);
        markers[0] = address(this);
        receiptAnchor.appointMarkers(markers);
    }

    function senderAt(uint256 index) public pure returns (address) {
        return address(uint160(0xA0 + index % 2));
    }

    function anchor(uint256 index, uint8 rootSeed, uint32 count, uint16 wait) external {
        vm.warp(block.timestamp + wait);
        address sender = senderAt(index);
        bytes32 root = keccak256(abi.encode(rootSeed % 5));
        (, uint64 batches) = receiptAnchor.chains(sender);
        count = 1 + count % 4_096;
        vm.prank(sender);
        receiptAnchor.anchor(root, count, batches);
        ++anchored;
        expectedHead[sender] = keccak256(abi.encode(expectedHead[sender], root, count));
        if (_firstTime[root] == 0) _firstTime[root] = uint64(block.timestamp);
        if (receiptAnchor.rootAnchoredAt(root) != _firstTime[root]) timeChanged = true;
    }

    function contest(uint8 seed, uint8 step) external {
        bytes32 digest = keccak256(abi.encode("digest", seed % 3));
        if (step % 4 == 0) {
            receiptAnchor.invalidate(digest);
            _invalidated[digest] = true;
        } else if (step % 2 == 0) {
            receiptAnchor.openChallenge(digest);
        } else {
            try receiptAnchor.closeChallenge(digest) {} catch {}
        }
        if (_invalidated[digest] && receiptAnchor.statusOf(digest) != 3) cameBack = true;
    }
}

contract ReceiptAnchorInvariants {
    AnchorActor private _actor;

    function setUp() public {
        _actor = new AnchorActor();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actor);
    }

    function invariant_1_the_time_of_a_root_never_changes() public view {
        vm.assertFalse(_actor.timeChanged());
    }

    function invariant_2_the_head_is_the_fold_of_all_batches() public view {
        for (uint256 i = 0; i < 2; ++i) {
            address sender = _actor.senderAt(i);
            (bytes32 head,) = _actor.receiptAnchor().chains(sender);
            vm.assertEq(head, _actor.expectedHead(sender));
        }
    }

    function invariant_3_an_invalidated_receipt_stays_so() public view {
        vm.assertFalse(_actor.cameBack());
    }

    function afterInvariant() public view {
        vm.assertGt(_actor.anchored(), 0, "nothing was anchored");
    }
}
