// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContributorRegistry} from "../../src/ContributorRegistry.sol";
import {GatewayRegistry} from "../../src/GatewayRegistry.sol";
import {OperatorRegistry} from "../../src/OperatorRegistry.sol";
import {ReceiptAnchor} from "../../src/ReceiptAnchor.sol";
import {ReceiptVerifier} from "../../src/ReceiptVerifier.sol";
import {DevUSD} from "../../src/dev/DevUSD.sol";
import {PriceSheet} from "../../src/types/PriceSheet.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {RegistryTerms} from "../../src/types/RegistryTerms.sol";
import {Work} from "../../src/types/Work.sol";
import {signatureOf, vm} from "./Vm.sol";

/// @notice Registries with one gateway and one contributor, a verifier, and receipts to sign.
abstract contract ReceiptFixture {
    uint256 internal constant GATEWAY_KEY = 0x6A7E;
    uint256 internal constant CONTRIBUTOR_KEY = 0xC047;
    uint256 internal constant OTHER_KEY = 0x07E4;
    uint96 internal constant MIN_STAKE = 1_000e6;
    uint40 internal constant UNBONDING = 7 days;
    uint64 internal constant START_S = 1_800_000_000;
    bytes internal constant ANSWER = "Paris is the capital of France.";

    DevUSD internal asset;
    ContributorRegistry internal contributors;
    GatewayRegistry internal gateways;
    ReceiptAnchor internal receiptAnchor;
    ReceiptVerifier internal verifier;

    address internal gateway = address(0x6A7E0001);
    address internal contributor = address(0xC0470001);
    address internal insurance = address(0x1254);
    address internal admin = address(0xAD);
    address internal client = address(0xC11E47);

    function setUpReceipts() internal {
        vm.warp(START_S);
        asset = newAsset();
        contributors = new ContributorRegistry(terms());
        gateways = new GatewayRegistry(terms(), contributors);
        receiptAnchor = new ReceiptAnchor(admin);
        verifier = new ReceiptVerifier(contributors, gateways, receiptAnchor);
        register(contributors, contributor, CONTRIBUTOR_KEY);
        register(gateways, gateway, GATEWAY_KEY);
    }

    function newAsset() internal virtual returns (DevUSD) {
        return new DevUSD();
    }

    function terms() internal view returns (RegistryTerms memory) {
        return RegistryTerms({
            asset: address(asset),
            minStake: MIN_STAKE,
            unbondingDelay: UNBONDING,
            insurance: insurance,
            admin: admin
        });
    }

    function register(OperatorRegistry registry, address operator, uint256 key) internal {
        asset.mint(operator, MIN_STAKE);
        vm.startPrank(operator);
        asset.approve(address(registry), MIN_STAKE);
        registry.register(
            MIN_STAKE, vm.addr(key), uint64(block.timestamp), "https://operator.example/v1"
        );
        vm.stopPrank();
    }

    function priceSheet() internal view returns (PriceSheet memory) {
        return PriceSheet({
            operator: gateway,
            modelId: keccak256("model"),
            asset: address(asset),
            promptAtomicPerMtok: 150_000,
            cachedPromptAtomicPerMtok: 75_000,
            completionAtomicPerMtok: 600_000,
            validFrom: START_S,
            validUntil: 0
        });
    }

    function receiptOf(uint256 salt) internal view returns (Receipt memory receipt) {
        receipt.work = Work({
            jobId: keccak256(abi.encode("job", salt)),
            gateway: gateway,
            contributor: contributor,
            modelId: keccak256("model"),
            inputHash: sha256("input"),
            outputHash: sha256("output"),
            contentHash: keccak256(ANSWER),
            streamRoot: sha256("stream"),
            promptTokens: 1_000,
            cachedPromptTokens: 400,
            completionTokens: 200,
            commitment: bytes32(0),
            startedAt: START_S + 10,
            finishedAt: START_S + 12,
            status: 0
        });
        receipt.receiptId = keccak256(abi.encode("receipt", salt));
        receipt.gatewaySeq = 7;
        receipt.client = client;
        receipt.requestHash = sha256("request");
        receipt.responseHash = sha256("response");
        receipt.channelId = keccak256("channel");
        receipt.channelSeq = 3;
        // (600 · 150,000 + 400 · 75,000 + 200 · 600,000) / 1,000,000
        receipt.cost = 240;
        receipt.cumulative = 1_000;
        receipt.priceHash = priceSheet().hashStruct();
        receipt.prevReceipt = keccak256("previous");
        receipt.tiers = 3;
        receipt.anchorBy = 0;
    }

    function signWork(Work memory work, uint256 key) internal view returns (bytes memory) {
        return signatureOf(key, verifier.workDigestOf(work));
    }

    function signReceipt(Receipt memory receipt, uint256 key) internal view returns (bytes memory) {
        return signatureOf(key, verifier.digestOf(receipt));
    }

    function isValid(Receipt memory receipt) internal view returns (bool ok) {
        (ok,) = verifier.verify(
            receipt, signWork(receipt.work, CONTRIBUTOR_KEY), signReceipt(receipt, GATEWAY_KEY)
        );
    }
}
