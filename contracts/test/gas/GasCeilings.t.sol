// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OpenClaimAuthorizer} from "../../src/OpenClaimAuthorizer.sol";
import {ChannelConfig} from "../../src/types/ChannelConfig.sol";
import {Policy} from "../../src/types/Policy.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {VoucherClaim, hashClaimEntry} from "../../src/types/VoucherClaim.sol";
import {Work} from "../../src/types/Work.sol";
import {ChannelFixture} from "../support/ChannelFixture.sol";
import {Merkle} from "../support/Merkle.sol";
import {SlashingFixture} from "../support/SlashingFixture.sol";
import {vm} from "../support/Vm.sol";

/// @notice What whole transactions may cost: each call runs isolated, so that its gas includes the
/// base cost, the calldata, and cold storage.
abstract contract GasCeilings {
    /// @dev Sends a view function as a transaction: forge isolates calls, but not static calls.
    function transact(address target, bytes memory data) internal returns (bytes memory result) {
        bool success;
        (success, result) = target.call(data);
        vm.assertTrue(success, "the call reverted");
    }

    function assertGas(string memory name, uint256 ceiling) internal {
        uint256 used = vm.snapshotGasLastCall("ceilings", name);
        vm.assertLe(used, ceiling, name);
    }
}

/// forge-config: default.isolate = true
contract ReceiptGasTest is GasCeilings, SlashingFixture {
    bytes32[] private _digests;

    function setUp() public {
        setUpSlashing();
        for (uint256 i = 0; i < 4_096; ++i) {
            _digests.push(keccak256(abi.encode(i)));
        }
        vm.warp(START_S + 100);
    }

    function test_verify() public {
        Receipt memory receipt = receiptOf(1);
        bytes memory contributorSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        bytes memory result = transact(
            address(verifier),
            abi.encodeCall(verifier.verify, (receipt, contributorSignature, gatewaySignature))
        );
        assertGas("verify", 60_000);
        (bool ok,) = abi.decode(result, (bool, bytes32));
        vm.assertTrue(ok);
    }

    function test_verifyContent_of_a_kilobyte() public {
        bytes memory content = new bytes(1_024);
        for (uint256 i = 0; i < content.length; ++i) {
            content[i] = bytes1(uint8(97 + i % 26));
        }
        Receipt memory receipt = receiptOf(1);
        receipt.work.contentHash = keccak256(content);
        bytes memory contributorSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory gatewaySignature = signReceipt(receipt, GATEWAY_KEY);
        Policy memory policy = Policy(receipt.work.modelId, 3, 1 hours, gateway);
        bytes memory result = transact(
            address(verifier),
            abi.encodeCall(
                verifier.verifyContent,
                (receipt, contributorSignature, gatewaySignature, content, policy)
            )
        );
        assertGas("verifyContent 1 KB", 70_000);
        vm.assertTrue(abi.decode(result, (bool)));
    }

    function test_anchor_after_the_first() public {
        vm.prank(gateway);
        receiptAnchor.anchor(keccak256("first"), 4_096, 0);
        vm.prank(gateway);
        receiptAnchor.anchor(keccak256("second"), 4_096, 1);
        assertGas("anchor after the first", 60_000);
    }

    function test_inclusion_among_4096() public {
        bytes32 root = Merkle.rootOf(_digests);
        bytes32[] memory proof = Merkle.proofOf(_digests, 1_234);
        vm.prank(gateway);
        receiptAnchor.anchor(root, 4_096, 0);
        bytes memory result = transact(
            address(verifier),
            abi.encodeCall(verifier.verifyAnchored, (_digests[1_234], root, proof))
        );
        assertGas("inclusion among 4096", 42_000);
        vm.assertEq(abi.decode(result, (uint64)), block.timestamp);
    }

    function test_equivocation_slash() public {
        Work memory first = receiptOf(1).work;
        Work memory second = receiptOf(1).work;
        second.outputHash = sha256("another output");
        bytes memory firstSignature = signWork(first, CONTRIBUTOR_KEY);
        bytes memory secondSignature = signWork(second, CONTRIBUTOR_KEY);
        vm.prank(reporter);
        slashing.reportWorkEquivocation(first, firstSignature, second, secondSignature);
        assertGas("equivocation slash", 80_000);
        vm.assertEq(contributors.operators(contributor).stake, 0);
    }
}

/// forge-config: default.isolate = true
contract ChannelGasTest is GasCeilings, ChannelFixture {
    uint256 private constant ROWS = 100;

    function setUp() public {
        setUpChannels();
        // The settlement contract is in use: its token balance is not zero.
        deposit(configOf(1_000_000), 1e6);
    }

    function test_first_deposit() public {
        ChannelConfig memory config = configOf(1);
        bytes memory data = depositData(config, 5e6, PAYER_KEY);
        settlement.deposit(config, 5e6, address(collector), data);
        assertGas("deposit, first of a channel", 135_000);
        vm.assertEq(balanceOf(idOf(config)), 5e6);
    }

    function test_claim_of_100_rows() public {
        VoucherClaim[] memory list = new VoucherClaim[](ROWS);
        for (uint256 i = 0; i < ROWS; ++i) {
            ChannelConfig memory config = configOf(i);
            deposit(config, 5e6);
            list[i] = rowOf(config, 3_456_789, 3_456_789, SESSION_KEY);
        }
        bytes memory signature = signBatch(list);
        settlement.claimWithSignature(list, signature);
        assertGas("claim, 100 rows", 25_000 * ROWS);
        vm.assertEq(claimedOf(idOf(configOf(99))), 3_456_789);
    }

    /// @dev What a contributor's daily payout costs once it has been paid before: its row in a claim of
    /// 100 channels with 100 receivers, and its settle, in one multicall.
    function test_claim_and_settle_for_a_contributor() public {
        OpenClaimAuthorizer open = new OpenClaimAuthorizer();
        authorizer = address(open);
        VoucherClaim[] memory list = new VoucherClaim[](ROWS);
        for (uint256 i = 0; i < ROWS; ++i) {
            receiver = address(uint160(0xC0FFEE000000 + i));
            ChannelConfig memory config = configOf(i);
            deposit(config, 5e6);
            list[i] = rowOf(config, 1_000_000, 1_000_000, SESSION_KEY);
        }
        settlement.multicall(_payouts(list));
        for (uint256 i = 0; i < ROWS; ++i) {
            list[i] = rowOf(list[i].voucher.channel, 3_456_789, 3_456_789, SESSION_KEY);
        }
        bytes[] memory calls = _payouts(list);
        settlement.multicall(calls);
        assertGas("claim and settle, 100 contributors", 46_000 * ROWS);
        vm.assertEq(token.balanceOf(receiver), 3_456_789);
    }

    function _payouts(VoucherClaim[] memory list) private view returns (bytes[] memory calls) {
        bytes32[] memory entries = new bytes32[](list.length);
        calls = new bytes[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            ChannelConfig memory config = list[i].voucher.channel;
            entries[i] = hashClaimEntry(
                idOf(config), list[i].voucher.maxClaimableAmount, list[i].totalClaimed
            );
            calls[i + 1] = abi.encodeCall(settlement.settle, (config.receiver, config.token));
        }
        calls[0] = abi.encodeCall(settlement.claimWithSignature, (list, abi.encodePacked(entries)));
    }
}
