// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OperatorSignature} from "../../src/libraries/OperatorSignature.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {Merkle} from "../support/Merkle.sol";
import {ReceiptFixture} from "../support/ReceiptFixture.sol";
import {signatureOf, vm} from "../support/Vm.sol";

contract OperatorSignatureTest is ReceiptFixture {
    uint256 private constant KEY = 0xBA7C;

    function setUp() public {
        setUpReceipts();
        vm.warp(START_S + 60);
    }

    function keyOf(bytes32 digest, bytes calldata signature) external view returns (address) {
        return OperatorSignature.keyOf(digest, signature);
    }

    function isConfirmed(bytes32 digest, bytes calldata signature) external view returns (bool) {
        return OperatorSignature.isConfirmed(digest, signature);
    }

    function test_every_statement_of_a_batch_is_signed(uint8 size, bytes32 salt) public view {
        bytes32[] memory digests = _digests(2 + size % 40, salt);
        for (uint256 i = 0; i < digests.length; ++i) {
            bytes memory signature = _signed(digests, i);
            vm.assertEq(this.keyOf(digests[i], signature), vm.addr(KEY));
            vm.assertTrue(this.isConfirmed(digests[i], signature));
        }
    }

    function test_no_bit_of_a_batch_can_change(uint8 size, uint16 position, uint8 bit) public view {
        bytes32[] memory digests = _digests(2 + size % 40, "bits");
        uint256 index = size % digests.length;
        bytes memory signature = _signed(digests, index);
        signature[position % signature.length] ^= bytes1(uint8(1 << (bit % 8)));
        vm.assertTrue(this.keyOf(digests[index], signature) != vm.addr(KEY));
    }

    function test_a_statement_beside_the_batch_is_not_signed(uint8 size, bytes32 other)
        public
        view
    {
        bytes32[] memory digests = _digests(2 + size % 40, "beside");
        vm.assertTrue(this.keyOf(other, _signed(digests, 0)) != vm.addr(KEY));
    }

    /// @dev Second preimages: what lies between a statement and the root is no statement.
    function test_no_leaf_and_no_node_is_a_statement() public view {
        bytes32[] memory digests = _digests(8, "nodes");
        bytes memory ecdsa = signatureOf(KEY, _batchDigest(Merkle.rootOf(digests)));
        bytes32[] memory path = Merkle.proofOf(digests, 5);
        bytes32 node = Merkle.leafOf(digests[5]);
        vm.assertEq(
            this.keyOf(digests[5], abi.encodePacked(ecdsa, path[0], path[1], path[2])), vm.addr(KEY)
        );
        vm.assertTrue(
            this.keyOf(node, abi.encodePacked(ecdsa, path[0], path[1], path[2])) != vm.addr(KEY)
        );
        node = Merkle.nodeOf(node, path[0]);
        vm.assertTrue(this.keyOf(node, abi.encodePacked(ecdsa, path[1], path[2])) != vm.addr(KEY));
        node = Merkle.nodeOf(node, path[1]);
        vm.assertTrue(this.keyOf(node, abi.encodePacked(ecdsa, path[2])) != vm.addr(KEY));
        node = Merkle.nodeOf(node, path[2]);
        vm.assertEq(node, Merkle.rootOf(digests));
        vm.assertTrue(this.keyOf(node, ecdsa) != vm.addr(KEY));
        // And the other way round: who signs a statement has signed no batch.
        vm.assertTrue(
            this.keyOf(
                    digests[5], abi.encodePacked(signatureOf(KEY, node), path[0], path[1], path[2])
                ) != vm.addr(KEY)
        );
    }

    /// @dev An ERC-1271 key whose signature would have the length of a batch's takes a byte more.
    function test_a_length_of_a_batch_names_no_contract() public {
        bytes32 digest = keccak256("digest");
        address wallet = address(new AnyWallet());
        for (uint256 siblings = 0; siblings <= 17; ++siblings) {
            bytes memory signature = abi.encodePacked(wallet, new bytes(45 + 32 * siblings));
            bool isContract = siblings == 17;
            vm.assertTrue((this.keyOf(digest, signature) == wallet) == isContract);
            signature = abi.encodePacked(signature, uint8(0));
            vm.assertEq(this.keyOf(digest, signature), wallet);
            vm.assertTrue(this.isConfirmed(digest, signature));
        }
        vm.assertEq(this.keyOf(digest, abi.encodePacked(wallet, signatureOf(KEY, digest))), wallet);
    }

    function test_a_receipt_of_a_batch_is_verified() public view {
        Receipt memory receipt = receiptOf(1);
        bytes32[] memory digests = _digests(5, "others");
        digests[4] = verifier.digestOf(receipt);
        bytes memory workSignature = signWork(receipt.work, CONTRIBUTOR_KEY);
        bytes memory ecdsa = signatureOf(GATEWAY_KEY, _batchDigest(Merkle.rootOf(digests)));
        // The odd one moves up unpaired: one sibling alone.
        bytes memory signature = abi.encodePacked(ecdsa, Merkle.proofOf(digests, 4));
        vm.assertEq(signature.length, 97);
        (bool ok,) = verifier.verify(receipt, workSignature, signature);
        vm.assertTrue(ok);
        (ok,) = verifier.verify(receiptOf(2), workSignature, signature);
        vm.assertFalse(ok);
        signature = abi.encodePacked(
            signatureOf(OTHER_KEY, _batchDigest(Merkle.rootOf(digests))), Merkle.proofOf(digests, 4)
        );
        (ok,) = verifier.verify(receipt, workSignature, signature);
        vm.assertFalse(ok);
    }

    function _signed(bytes32[] memory digests, uint256 index) private pure returns (bytes memory) {
        return abi.encodePacked(
            signatureOf(KEY, _batchDigest(Merkle.rootOf(digests))), Merkle.proofOf(digests, index)
        );
    }

    /// @dev EIP-712, spelled out once more.
    function _batchDigest(bytes32 root) private pure returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version)"),
                keccak256("Vouch Batches"),
                keccak256("1")
            )
        );
        bytes32 structHash = keccak256(abi.encode(keccak256("Batch(bytes32 root)"), root));
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function _digests(uint256 count, bytes32 salt) private pure returns (bytes32[] memory digests) {
        digests = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            digests[i] = keccak256(abi.encode(salt, i));
        }
    }
}

/// @notice Accepts whatever it is asked.
contract AnyWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return this.isValidSignature.selector;
    }
}
