// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReceiptVerifier} from "../../src/ReceiptVerifier.sol";
import {OperatorSignature} from "../../src/libraries/OperatorSignature.sol";
import {StrictSignature} from "../../src/libraries/StrictSignature.sol";
import {ReceiptFixture} from "../support/ReceiptFixture.sol";
import {ReceiptReader} from "../support/ReceiptReader.sol";
import {vm} from "../support/Vm.sol";

/// @notice The contracts' verdicts on `test/vectors/contracts-*.json`, which ethers made and TypeScript
/// reads as well.
contract ContractVectorsTest is ReceiptFixture, ReceiptReader {
    function recover(bytes32 digest, bytes calldata signature) external view returns (address) {
        return StrictSignature.recover(digest, signature);
    }

    function keyOf(bytes32 digest, bytes calldata signature) external view returns (address) {
        return OperatorSignature.keyOf(digest, signature);
    }

    function test_signatures_recover_whom_the_vectors_say() public {
        uint256 refused = 0;
        uint256 count = open("../test/vectors/contracts-signatures.json", "$");
        for (uint256 i = 0; i < count; ++i) {
            string memory place = path("$", i);
            address signer = readAddress(place, ".signer");
            vm.assertEq(
                this.recover(readWord(place, ".digest"), readBytes(place, ".signature")), signer
            );
            if (signer == address(0)) ++refused;
        }
        vm.assertEq(count, 42);
        vm.assertEq(refused, 39);
    }

    function test_batches_are_signed_by_whom_the_vectors_say() public {
        uint256 signed = 0;
        uint256 count = open("../test/vectors/contracts-batch-signatures.json", "$.batches");
        address key = readAddress("$", ".key");
        for (uint256 i = 0; i < count; ++i) {
            string memory place = path("$.batches", i);
            bool ok = this.keyOf(readWord(place, ".digest"), readBytes(place, ".signature")) == key;
            vm.assertTrue(ok == readBool(place, ".ok"), readString(place, ".name"));
            if (ok) ++signed;
        }
        vm.assertEq(signed, 18);
        vm.assertEq(count, 28);
    }

    function test_merkle_paths_lead_to_their_roots() public {
        setUpReceipts();
        uint256 count = open("../test/vectors/contracts-merkle.json", "$");
        for (uint256 i = 0; i < count; ++i) {
            string memory place = path("$", i);
            bytes32 digest = readWord(place, ".digest");
            bytes32 root = readWord(place, ".root");
            bytes32[] memory proof = readWords(place, ".proof");
            (, uint64 batches) = receiptAnchor.chains(address(this));
            receiptAnchor.anchor(root, uint32(readUint(place, ".count")), batches);
            vm.assertGt(verifier.verifyAnchored(digest, root, proof), 0);
            vm.assertEq(verifier.verifyAnchored(keccak256(abi.encode(digest)), root, proof), 0);
        }
        vm.assertGt(count, 20);
    }

    function test_receipts_are_judged_as_the_vectors_say() public {
        uint256 count = open("../test/vectors/contracts-receipts.json", "$.receipts");
        _setUpParties();
        uint256 valid = 0;
        for (uint256 i = 0; i < count; ++i) {
            string memory place = path("$.receipts", i);
            (bool ok, bytes32 digest) = verifier.verify(
                readReceipt(string.concat(place, ".receipt")),
                readBytes(place, ".contributorSignature"),
                readBytes(place, ".gatewaySignature")
            );
            vm.assertEq(digest, readWord(place, ".digest"), readString(place, ".name"));
            vm.assertTrue(ok == readBool(place, ".ok"), readString(place, ".name"));
            if (ok) ++valid;
        }
        vm.assertEq(valid, 3);
        vm.assertEq(count, 25);
    }

    /// @dev The verifier's code is put at the address that the vectors were signed for.
    function _setUpParties() private {
        gateway = readAddress("$", ".parties.gateway");
        contributor = readAddress("$", ".parties.contributor");
        setUpReceipts();
        address there = readAddress("$", ".domain.verifyingContract");
        vm.etch(there, address(verifier).code);
        verifier = ReceiptVerifier(there);
        uint64 from = uint64(readUint("$", ".parties.keysActiveFrom"));
        vm.prank(gateway);
        gateways.addSigningKey(readAddress("$", ".parties.gatewayKey"), from);
        vm.prank(contributor);
        contributors.addSigningKey(readAddress("$", ".parties.contributorKey"), from);
    }
}
