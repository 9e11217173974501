// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOperatorRegistry} from "../../src/interfaces/IOperatorRegistry.sol";
import {IProofVerifier} from "../../src/interfaces/IProofVerifier.sol";
import {IReceiptAnchor} from "../../src/interfaces/IReceiptAnchor.sol";
import {MembershipProofs} from "../../src/proofs/MembershipProofs.sol";
import {UsageProofs} from "../../src/proofs/UsageProofs.sol";
import {MembershipStatement} from "../../src/types/MembershipStatement.sol";
import {UsageCircuits} from "../../src/types/UsageCircuits.sol";
import {UsageSigner, UsageStatement} from "../../src/types/UsageStatement.sol";
import {VectorReader} from "../support/VectorReader.sol";
import {vm} from "../support/Vm.sol";

/// @notice Contracts ask a verifier for the public inputs that TypeScript and the circuits name.
contract StatementVectorsTest is VectorReader {
    string private constant FILE = "../test/vectors/proof-statements.json";

    function test_public_inputs_of_usage() public {
        uint256 count = open(FILE, ".usage");
        for (uint256 i = 0; i < count; ++i) {
            string memory place = path(".usage", i);
            UsageProofs proofs = _usageProofs(place);
            UsageStatement memory statement = _usage(string.concat(place, ".statement"));
            bytes32[] memory batch = readWords(place, ".batchInputs");
            vm.assertEq(abi.encode(proofs.publicInputsOf(statement, false)), abi.encode(batch));
            bytes32[] memory tree = readWords(place, ".treeInputs");
            vm.assertEq(abi.encode(proofs.publicInputsOf(statement, true)), abi.encode(tree));
            vm.assertEq(tree.length, 76);
        }
        vm.assertEq(count, 3);
    }

    function test_public_inputs_of_membership() public {
        uint256 count = open(FILE, ".membership");
        MembershipProofs proofs = new MembershipProofs(
            IOperatorRegistry(address(0)),
            IReceiptAnchor(address(0)),
            address(0),
            IProofVerifier(address(0))
        );
        for (uint256 i = 0; i < count; ++i) {
            string memory place = path(".membership", i);
            MembershipStatement memory statement = _membership(string.concat(place, ".statement"));
            bytes32[] memory inputs = readWords(place, ".inputs");
            vm.assertEq(abi.encode(proofs.publicInputsOf(statement)), abi.encode(inputs));
            vm.assertEq(inputs.length, 19);
        }
        vm.assertEq(count, 1);
    }

    function _usageProofs(string memory place) private returns (UsageProofs) {
        return new UsageProofs(
            IOperatorRegistry(address(0)),
            IOperatorRegistry(address(0)),
            IReceiptAnchor(address(0)),
            address(0),
            UsageCircuits({
                batch: IProofVerifier(address(1)),
                tree: IProofVerifier(address(2)),
                batchKey: readWord(place, ".batchKey"),
                treeKey: readWord(place, ".treeKey")
            })
        );
    }

    function _usage(string memory place) private view returns (UsageStatement memory statement) {
        statement.domainSeparator = readWord(place, ".domainSeparator");
        statement.channelId = readWord(place, ".channelId");
        statement.gateway = readAddress(place, ".gateway");
        statement.asset = readAddress(place, ".asset");
        statement.firstSeq = uint64(readUint(place, ".firstSeq"));
        statement.count = uint64(readUint(place, ".count"));
        statement.total = uint128(readUint(place, ".total"));
        statement.priced = uint128(readUint(place, ".priced"));
        statement.cumulative = uint128(readUint(place, ".cumulative"));
        statement.unsignedCount = uint64(readUint(place, ".unsignedCount"));
        statement.unsignedTotal = uint128(readUint(place, ".unsignedTotal"));
        statement.lastFinishedAt = uint64(readUint(place, ".lastFinishedAt"));
        statement.previousDigest = readWord(place, ".previousDigest");
        statement.lastDigest = readWord(place, ".lastDigest");
        statement.priceHashes = readWords(place, ".priceHashes");
        string memory list = string.concat(place, ".signers");
        uint256 count = 0;
        while (has(path(list, count))) ++count;
        statement.signers = new UsageSigner[](count);
        for (uint256 i = 0; i < count; ++i) {
            string memory entry = path(list, i);
            (bytes32 x, bytes32 y) = abi.decode(readBytes(entry, ".publicKey"), (bytes32, bytes32));
            statement.signers[i] = UsageSigner({
                contributor: readAddress(entry, ".contributor"),
                keyX: x,
                keyY: y,
                firstFinishedAt: uint64(readUint(entry, ".firstFinishedAt")),
                lastFinishedAt: uint64(readUint(entry, ".lastFinishedAt"))
            });
        }
    }

    function _membership(string memory place)
        private
        view
        returns (MembershipStatement memory statement)
    {
        (bytes32 x, bytes32 y) = abi.decode(readBytes(place, ".gatewayKey"), (bytes32, bytes32));
        statement = MembershipStatement({
            domainSeparator: readWord(place, ".domainSeparator"),
            root: readWord(place, ".root"),
            modelId: readWord(place, ".modelId"),
            tiers: uint16(readUint(place, ".tiers")),
            finishedAfter: uint64(readUint(place, ".finishedAfter")),
            finishedBefore: uint64(readUint(place, ".finishedBefore")),
            gateway: readAddress(place, ".gateway"),
            gatewayKeyX: x,
            gatewayKeyY: y,
            scope: readWord(place, ".scope"),
            nullifier: readWord(place, ".nullifier"),
            bound: readAddress(place, ".bound")
        });
    }
}
