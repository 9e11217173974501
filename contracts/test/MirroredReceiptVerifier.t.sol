// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContributorRegistry} from "../src/ContributorRegistry.sol";
import {GatewayRegistry} from "../src/GatewayRegistry.sol";
import {InferenceCoordinator} from "../src/InferenceCoordinator.sol";
import {JobOffers} from "../src/JobOffers.sol";
import {MirroredReceiptVerifier} from "../src/MirroredReceiptVerifier.sol";
import {ReceiptAnchor} from "../src/ReceiptAnchor.sol";
import {IInferenceCoordinator} from "../src/interfaces/IInferenceCoordinator.sol";
import {JobTerms} from "../src/types/JobTerms.sol";
import {Policy} from "../src/types/Policy.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {JobFixture} from "./support/JobFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice Receipts that were signed for a verifier of another chain, and verified here.
contract MirroredReceiptVerifierTest is JobFixture {
    uint256 private constant HOME = 31337;
    uint256 private constant HERE = 8453;

    MirroredReceiptVerifier private _mirror;
    ContributorRegistry private _contributors;
    GatewayRegistry private _gateways;

    function setUp() public {
        setUpJobs();
        vm.chainId(HERE);
        _contributors = new ContributorRegistry(terms());
        _gateways = new GatewayRegistry(terms(), _contributors);
        _mirror = new MirroredReceiptVerifier(
            _contributors, _gateways, new ReceiptAnchor(admin), HOME, address(verifier)
        );
    }

    function test_a_receipt_of_home_is_good_here_by_the_keys_that_are_registered_here() public {
        (Receipt memory receipt, bytes memory byContributor, bytes memory byGateway) = _signed();
        (bool ok,) = _mirror.verify(receipt, byContributor, byGateway);
        vm.assertFalse(ok);
        register(_contributors, contributor, CONTRIBUTOR_KEY);
        (ok,) = _mirror.verify(receipt, byContributor, byGateway);
        vm.assertFalse(ok);
        register(_gateways, gateway, GATEWAY_KEY);
        bytes32 digest;
        (ok, digest) = _mirror.verify(receipt, byContributor, byGateway);
        vm.assertTrue(ok);
        vm.assertTrue(
            _mirror.verifyContent(
                receipt, byContributor, byGateway, ANSWER, Policy(keccak256("model"), 3, 0, gateway)
            )
        );
        (ok,) = _mirror.verifyWork(receipt.work, byContributor);
        vm.assertTrue(ok);

        // The same digest as at home, where the ordinary verifier alone takes it.
        (ok,) = verifier.verify(receipt, byContributor, byGateway);
        vm.assertFalse(ok);
        vm.chainId(HOME);
        vm.assertEq(verifier.digestOf(receipt), digest);
        vm.assertEq(verifier.domainSeparator(), _mirror.domainSeparator());
    }

    function test_a_mirror_takes_receipts_of_its_own_home_alone() public {
        register(_contributors, contributor, CONTRIBUTOR_KEY);
        register(_gateways, gateway, GATEWAY_KEY);
        Receipt memory receipt = receiptOf(1);
        verifier = _mirror; // signs as home does
        MirroredReceiptVerifier other = new MirroredReceiptVerifier(
            _contributors, _gateways, receiptAnchor, HOME, address(_mirror)
        );
        (bool ok,) = _mirror.verify(
            receipt, signWork(receipt.work, CONTRIBUTOR_KEY), signReceipt(receipt, GATEWAY_KEY)
        );
        vm.assertTrue(ok);
        (ok,) = other.verify(
            receipt, signWork(receipt.work, CONTRIBUTOR_KEY), signReceipt(receipt, GATEWAY_KEY)
        );
        vm.assertFalse(ok);
    }

    /// @dev The receipt is good on both chains; the job is of one.
    function test_an_answer_is_paid_on_one_chain_alone() public {
        register(_contributors, contributor, CONTRIBUTOR_KEY);
        register(_gateways, gateway, GATEWAY_KEY);
        JobOffers offersHere = new JobOffers(_gateways);
        vm.prank(gateway);
        offersHere.offer(keccak256("model"), jobOffer());
        InferenceCoordinator here = new InferenceCoordinator(
            address(asset), _mirror, _contributors, tierEvidence, offersHere
        );
        JobTerms memory asked = jobTerms();
        bytes32 jobHere = _request(here, asked);
        vm.chainId(HOME);
        bytes32 jobAtHome = _request(coordinator, asked);
        vm.assertTrue(jobHere != jobAtHome);
        bytes[] memory packed = listOf(pack(answerOf(jobHere, ANSWER)));

        bytes memory ofOther = abi.encodeWithSelector(
            IInferenceCoordinator.ReceiptOfOtherJob.selector, jobAtHome, jobHere
        );
        vm.expectRevert(ofOther);
        coordinator.fulfill(jobAtHome, asked, ANSWER, packed, "");
        vm.chainId(HERE);
        here.fulfill(jobHere, asked, ANSWER, packed, "");
        vm.assertEq(here.balances(contributor), 1_400);
    }

    function test_a_mirror_is_of_another_chain() public {
        vm.expectRevert(abi.encodeWithSelector(MirroredReceiptVerifier.HomeIsHere.selector, HERE));
        new MirroredReceiptVerifier(
            _contributors, _gateways, receiptAnchor, HERE, address(verifier)
        );
        vm.expectRevert(MirroredReceiptVerifier.HomeIsZero.selector);
        new MirroredReceiptVerifier(_contributors, _gateways, receiptAnchor, HOME, address(0));
        vm.expectRevert(MirroredReceiptVerifier.HomeIsZero.selector);
        new MirroredReceiptVerifier(_contributors, _gateways, receiptAnchor, 0, address(verifier));
    }

    /// @dev As they are made at home.
    function _signed()
        private
        returns (Receipt memory receipt, bytes memory byContributor, bytes memory byGateway)
    {
        vm.chainId(HOME);
        receipt = receiptOf(1);
        (byContributor, byGateway) =
        (signWork(receipt.work, CONTRIBUTOR_KEY), signReceipt(receipt, GATEWAY_KEY));
        vm.chainId(HERE);
    }

    function _request(IInferenceCoordinator at, JobTerms memory asked) private returns (bytes32) {
        asset.mint(client, asked.escrow());
        vm.startPrank(client);
        asset.approve(address(at), asked.escrow());
        bytes32 jobId = at.request(asked, INPUT);
        vm.stopPrank();
        return jobId;
    }
}
