// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelSettlement} from "../../src/ChannelSettlement.sol";
import {ReceiptVerifier} from "../../src/ReceiptVerifier.sol";
import {DevUSD} from "../../src/dev/DevUSD.sol";
import {ChannelDomain} from "../../src/libraries/ChannelDomain.sol";
import {TypedData} from "../../src/libraries/TypedData.sol";
import {ChannelConfig} from "../../src/types/ChannelConfig.sol";
import {PriceSheet} from "../../src/types/PriceSheet.sol";
import {hashClaimBatch, hashClaimEntry} from "../../src/types/VoucherClaim.sol";
import {ReceiptFixture} from "../support/ReceiptFixture.sol";
import {ReceiptReader} from "../support/ReceiptReader.sol";
import {vm} from "../support/Vm.sol";

/// @notice The contracts' digests of `test/vectors/typed-data.json`, the file that holds the hashing in
/// `src/chain` to ethers. Each contract's code is put at the address that a vector names.
contract TypedDataVectorsTest is ReceiptReader, ReceiptFixture {
    mapping(bytes32 primaryType => uint256) private _seen;

    function setUp() public {
        setUpReceipts();
    }

    function test_every_digest_is_that_of_the_contract_which_checks_it() public {
        uint256 count = open("../test/vectors/typed-data.json", "$");
        for (uint256 i = 0; i < count; ++i) {
            string memory vector = path("$", i);
            vm.chainId(readUint(vector, ".domain.chainId"));
            string memory primaryType = readString(vector, ".primaryType");
            bytes32 kind = keccak256(bytes(primaryType));
            ++_seen[kind];
            string memory value = string.concat(vector, ".value");
            if (kind == keccak256("PriceSheet")) {
                vm.assertEq(
                    _priceSheet(value).hashStruct(),
                    readWord(vector, ".structHash"),
                    readString(vector, ".name")
                );
                continue;
            }
            vm.assertEq(
                _digest(kind, readAddress(vector, ".domain.verifyingContract"), value),
                readWord(vector, ".digest"),
                readString(vector, ".name")
            );
        }
        vm.assertEq(count, 13);
        vm.assertEq(_seen[keccak256("Work")], 2);
        vm.assertEq(_seen[keccak256("Receipt")], 2);
        vm.assertEq(_seen[keccak256("PriceSheet")], 2);
        vm.assertEq(_seen[keccak256("ChannelConfig")], 2);
        vm.assertEq(_seen[keccak256("Voucher")], 2);
        vm.assertEq(_seen[keccak256("ClaimBatch")], 2);
        vm.assertEq(_seen[keccak256("ReceiveWithAuthorization")], 1);
    }

    function _digest(bytes32 kind, address place, string memory value) private returns (bytes32) {
        if (kind == keccak256("Work")) {
            return _verifierAt(place).workDigestOf(readWork(value));
        }
        if (kind == keccak256("Receipt")) {
            return _verifierAt(place).digestOf(readReceipt(value));
        }
        if (kind == keccak256("ReceiveWithAuthorization")) return _authorization(place, value);
        if (kind == keccak256("ClaimBatch")) return _claimBatch(place, value);
        vm.etch(place, address(new ChannelSettlement()).code);
        if (kind == keccak256("ChannelConfig")) {
            return ChannelSettlement(place).getChannelId(_config(value));
        }
        vm.assertTrue(kind == keccak256("Voucher"), "a type that nobody here hashes");
        return ChannelSettlement(place)
            .getVoucherDigest(
                readWord(value, ".channelId"), uint128(readUint(value, ".maxClaimableAmount"))
            );
    }

    function _verifierAt(address place) private returns (ReceiptVerifier) {
        vm.etch(place, address(verifier).code);
        return ReceiptVerifier(place);
    }

    /// @dev By the functions that the settlement uses: its own entry takes whole rows, not ids.
    function _claimBatch(address place, string memory value) private view returns (bytes32) {
        uint256 count = 0;
        while (has(path(string.concat(value, ".claims"), count))) ++count;
        bytes32[] memory entries = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            string memory claim = path(string.concat(value, ".claims"), i);
            entries[i] = hashClaimEntry(
                readWord(claim, ".channelId"),
                uint128(readUint(claim, ".maxClaimableAmount")),
                uint128(readUint(claim, ".totalClaimed"))
            );
        }
        return TypedData.digest(ChannelDomain.separator(place), hashClaimBatch(entries));
    }

    function _authorization(address place, string memory value) private returns (bytes32) {
        vm.etch(place, address(new DevUSD()).code);
        DevUSD token = DevUSD(place);
        return TypedData.digest(
            token.DOMAIN_SEPARATOR(),
            keccak256(
                abi.encode(
                    token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                    readAddress(value, ".from"),
                    readAddress(value, ".to"),
                    readUint(value, ".value"),
                    readUint(value, ".validAfter"),
                    readUint(value, ".validBefore"),
                    readWord(value, ".nonce")
                )
            )
        );
    }

    function _config(string memory value) private view returns (ChannelConfig memory) {
        return ChannelConfig({
            payer: readAddress(value, ".payer"),
            payerAuthorizer: readAddress(value, ".payerAuthorizer"),
            receiver: readAddress(value, ".receiver"),
            receiverAuthorizer: readAddress(value, ".receiverAuthorizer"),
            token: readAddress(value, ".token"),
            withdrawDelay: uint40(readUint(value, ".withdrawDelay")),
            salt: readWord(value, ".salt")
        });
    }

    function _priceSheet(string memory value) private view returns (PriceSheet memory) {
        return PriceSheet({
            operator: readAddress(value, ".operator"),
            modelId: readWord(value, ".modelId"),
            asset: readAddress(value, ".asset"),
            promptAtomicPerMtok: uint128(readUint(value, ".promptAtomicPerMtok")),
            cachedPromptAtomicPerMtok: uint128(readUint(value, ".cachedPromptAtomicPerMtok")),
            completionAtomicPerMtok: uint128(readUint(value, ".completionAtomicPerMtok")),
            validFrom: uint64(readUint(value, ".validFrom")),
            validUntil: uint64(readUint(value, ".validUntil"))
        });
    }
}
