// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContributorRegistry} from "../src/ContributorRegistry.sol";
import {IOperatorRegistry} from "../src/interfaces/IOperatorRegistry.sol";
import {PriceSheet} from "../src/types/PriceSheet.sol";
import {RegistryTerms} from "../src/types/RegistryTerms.sol";
import {ReceiptFixture} from "./support/ReceiptFixture.sol";
import {vm} from "./support/Vm.sol";

/// @notice What both registries share, shown on the one of the gateways.
contract OperatorRegistryTest is ReceiptFixture {
    address private _key = vm.addr(GATEWAY_KEY);
    address private _slasher = address(0x51A);
    address private _reporter = address(0x4E904);

    function setUp() public {
        setUpReceipts();
        vm.warp(START_S + 1 days);
    }

    // Terms

    function test_terms_that_could_not_work_are_refused() public {
        RegistryTerms memory bad = terms();
        bad.asset = address(0);
        vm.expectRevert(IOperatorRegistry.AssetIsZero.selector);
        new ContributorRegistry(bad);
        bad = terms();
        bad.insurance = address(0);
        vm.expectRevert(IOperatorRegistry.InsuranceIsZero.selector);
        new ContributorRegistry(bad);
        bad = terms();
        bad.minStake = 0;
        vm.expectRevert(IOperatorRegistry.AmountIsZero.selector);
        new ContributorRegistry(bad);
        bad = terms();
        bad.unbondingDelay = 7 days - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.UnbondingDelayTooShort.selector, 7 days - 1, 7 days
            )
        );
        new ContributorRegistry(bad);
    }

    // Registration

    function test_registration_takes_the_stake_and_activates_the_key() public view {
        IOperatorRegistry.Operator memory record = gateways.operators(gateway);
        vm.assertEq(record.stake, MIN_STAKE);
        vm.assertEq(record.activeKeys, 1);
        vm.assertEq(asset.balanceOf(address(gateways)), MIN_STAKE);
        vm.assertTrue(gateways.isServing(gateway));
        vm.assertTrue(gateways.signingKeyActiveAt(gateway, _key, START_S));
        vm.assertFalse(gateways.signingKeyActiveAt(gateway, _key, START_S - 1));
        vm.assertFalse(gateways.signingKeyActiveAt(contributor, _key, START_S));
        vm.assertFalse(gateways.isServing(contributor));
        vm.assertEq(gateways.unbondingDelay(), UNBONDING);
        vm.assertEq(gateways.insurance(), insurance);
        vm.assertEq(gateways.asset(), address(asset));
        vm.assertEq(gateways.minStake(), MIN_STAKE);
    }

    function test_registration_is_once_and_not_below_the_minimum() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.AlreadyRegistered.selector, gateway)
        );
        vm.prank(gateway);
        gateways.register(MIN_STAKE, _key, START_S, "");
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.StakeBelowMinimum.selector, MIN_STAKE - 1, MIN_STAKE
            )
        );
        gateways.register(MIN_STAKE - 1, _key, START_S, "");
    }

    function test_only_operators_act() public {
        bytes memory refused =
            abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, address(this));
        vm.expectRevert(refused);
        gateways.setEndpoint("");
        vm.expectRevert(refused);
        gateways.addStake(1);
        vm.expectRevert(refused);
        gateways.addSigningKey(_key, START_S);
        vm.expectRevert(refused);
        gateways.publishPriceSheet(priceSheet());
        vm.expectRevert(refused);
        gateways.pause();
        vm.expectRevert(refused);
        gateways.resume();
        vm.expectRevert(refused);
        gateways.startUnbonding(1);
        vm.expectRevert(refused);
        gateways.cancelUnbonding();
        vm.expectRevert(refused);
        gateways.withdrawUnbonded(address(this));
        vm.expectRevert(refused);
        gateways.retireSigningKey(address(this), _key);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.KeyNotActive.selector, address(this), _key)
        );
        gateways.revokeSigningKey(_key);
    }

    function test_the_endpoint_is_announced() public {
        vm.expectEmit(address(gateways));
        emit IOperatorRegistry.EndpointChanged(gateway, "https://elsewhere.example/v1");
        vm.prank(gateway);
        gateways.setEndpoint("https://elsewhere.example/v1");
    }

    // Keys

    function test_a_revoked_key_ends_now_and_never_comes_back() public {
        uint64 nowS = uint64(block.timestamp);
        vm.startPrank(gateway);
        gateways.addSigningKey(vm.addr(OTHER_KEY), nowS + 100);
        gateways.revokeSigningKey(_key);
        vm.assertTrue(gateways.signingKeyActiveAt(gateway, _key, nowS - 1));
        vm.assertFalse(gateways.signingKeyActiveAt(gateway, _key, nowS));
        vm.assertFalse(gateways.signingKeyActiveAt(gateway, vm.addr(OTHER_KEY), nowS + 99));
        vm.assertTrue(gateways.signingKeyActiveAt(gateway, vm.addr(OTHER_KEY), nowS + 100));
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.KeyAlreadyKnown.selector, gateway, _key)
        );
        gateways.addSigningKey(_key, nowS);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.KeyNotActive.selector, gateway, _key)
        );
        gateways.revokeSigningKey(_key);
        vm.stopPrank();
    }

    function test_a_key_reaches_back_by_the_clock_tolerance_at_most() public {
        uint64 earliest = uint64(block.timestamp) - gateways.CLOCK_TOLERANCE();
        vm.startPrank(gateway);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.ActiveFromTooEarly.selector, earliest - 1, earliest
            )
        );
        gateways.addSigningKey(vm.addr(OTHER_KEY), earliest - 1);
        gateways.addSigningKey(vm.addr(OTHER_KEY), earliest);
        vm.expectRevert(IOperatorRegistry.KeyIsZero.selector);
        gateways.addSigningKey(address(0), earliest);
        vm.stopPrank();
    }

    function test_near_genesis_the_tolerance_does_not_wrap() public {
        vm.warp(10);
        vm.startPrank(gateway);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.ActiveFromTooEarly.selector, 0, 1));
        gateways.addSigningKey(vm.addr(OTHER_KEY), 0);
        gateways.addSigningKey(vm.addr(OTHER_KEY), 1);
        vm.stopPrank();
    }

    function test_active_keys_are_bounded() public {
        vm.startPrank(gateway);
        for (uint256 i = 1; i < gateways.MAX_ACTIVE_KEYS(); ++i) {
            gateways.addSigningKey(vm.addr(1000 + i), uint64(block.timestamp));
        }
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.TooManyActiveKeys.selector, 32, 32)
        );
        gateways.addSigningKey(vm.addr(OTHER_KEY), uint64(block.timestamp));
        gateways.revokeSigningKey(_key);
        gateways.addSigningKey(vm.addr(OTHER_KEY), uint64(block.timestamp));
        vm.stopPrank();
    }

    // Price sheets

    function test_a_price_sheet_is_dated_when_it_is_first_published() public {
        PriceSheet memory sheet = priceSheet();
        bytes32 hash = sheet.hashStruct();
        uint256 first = block.timestamp;
        vm.expectEmit(address(gateways));
        emit IOperatorRegistry.PriceSheetPublished(gateway, sheet.modelId, hash, sheet);
        vm.prank(gateway);
        vm.assertEq(gateways.publishPriceSheet(sheet), hash);
        vm.warp(first + 100);
        vm.prank(gateway);
        gateways.publishPriceSheet(sheet);
        vm.assertEq(gateways.priceSheetPublishedAt(hash), first);
    }

    function test_price_sheets_are_ones_own_and_have_a_window() public {
        PriceSheet memory sheet = priceSheet();
        sheet.operator = contributor;
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.SheetOperatorMismatch.selector, contributor, gateway
            )
        );
        vm.prank(gateway);
        gateways.publishPriceSheet(sheet);
        sheet = priceSheet();
        sheet.validUntil = sheet.validFrom - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.SheetWindowEmpty.selector, sheet.validFrom, sheet.validUntil
            )
        );
        vm.prank(gateway);
        gateways.publishPriceSheet(sheet);
    }

    // Pause

    function test_an_operator_pauses_and_resumes_itself() public {
        vm.startPrank(gateway);
        gateways.pause();
        vm.assertFalse(gateways.isServing(gateway));
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.AlreadyPaused.selector, gateway));
        gateways.pause();
        gateways.resume();
        vm.assertTrue(gateways.isServing(gateway));
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotPaused.selector, gateway));
        gateways.resume();
        vm.stopPrank();
    }

    // Stake

    function test_what_is_above_the_minimum_can_leave_with_keys_active() public {
        _addStake(500e6);
        vm.startPrank(gateway);
        gateways.startUnbonding(500e6);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.ActiveKeysRemain.selector, 1));
        gateways.startUnbonding(1);
        vm.warp(block.timestamp + UNBONDING - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.UnbondingNotOver.selector, block.timestamp + 1, block.timestamp
            )
        );
        gateways.withdrawUnbonded(gateway);
        vm.warp(block.timestamp + 1);
        gateways.withdrawUnbonded(client);
        vm.stopPrank();
        vm.assertEq(asset.balanceOf(client), 500e6);
    }

    function test_everything_can_leave_once_no_key_can_sign() public {
        vm.startPrank(gateway);
        gateways.revokeSigningKey(_key);
        gateways.startUnbonding(MIN_STAKE);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.StakeBelowMinimum.selector, 0, MIN_STAKE)
        );
        gateways.addSigningKey(vm.addr(OTHER_KEY), uint64(block.timestamp));
        vm.warp(block.timestamp + UNBONDING);
        gateways.withdrawUnbonded(gateway);
        vm.assertEq(asset.balanceOf(gateway), MIN_STAKE);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.NothingUnbonding.selector, gateway)
        );
        gateways.withdrawUnbonded(gateway);
        vm.stopPrank();
    }

    function test_unbonding_can_be_cancelled_and_starts_anew_when_added_to() public {
        _addStake(500e6);
        vm.startPrank(gateway);
        gateways.startUnbonding(200e6);
        vm.warp(block.timestamp + 1 days);
        gateways.startUnbonding(100e6);
        IOperatorRegistry.Operator memory record = gateways.operators(gateway);
        vm.assertEq(record.unbonding, 300e6);
        vm.assertEq(record.withdrawableAt, block.timestamp + UNBONDING);
        gateways.cancelUnbonding();
        vm.assertEq(gateways.operators(gateway).stake, MIN_STAKE + 500e6);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.NothingUnbonding.selector, gateway)
        );
        gateways.cancelUnbonding();
        vm.stopPrank();
    }

    function test_amounts_of_nothing_and_too_much_are_refused() public {
        vm.startPrank(gateway);
        vm.expectRevert(IOperatorRegistry.AmountIsZero.selector);
        gateways.addStake(0);
        vm.expectRevert(IOperatorRegistry.AmountIsZero.selector);
        gateways.startUnbonding(0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.AmountExceedsStake.selector, MIN_STAKE + 1, MIN_STAKE
            )
        );
        gateways.startUnbonding(MIN_STAKE + 1);
        vm.stopPrank();
    }

    // Slashing

    function test_slashing_takes_from_stake_first_and_pays_reporter_and_insurance() public {
        _appoint();
        _addStake(500e6);
        vm.prank(gateway);
        gateways.startUnbonding(500e6);
        vm.prank(_slasher);
        vm.assertEq(gateways.slash(gateway, MIN_STAKE + 200e6, "fault", _reporter), 1_200e6);
        IOperatorRegistry.Operator memory record = gateways.operators(gateway);
        vm.assertEq(record.stake, 0);
        vm.assertEq(record.unbonding, 300e6);
        vm.assertFalse(gateways.isServing(gateway));

        gateways.payForfeit("fault");
        vm.assertEq(asset.balanceOf(_reporter), 240e6);
        vm.assertEq(asset.balanceOf(insurance), 960e6);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.NoForfeit.selector, bytes32("fault"))
        );
        gateways.payForfeit("fault");
    }

    function test_each_fault_is_slashed_once_and_something_must_be_there() public {
        _appoint();
        vm.startPrank(_slasher);
        gateways.slash(gateway, 1e6, "fault", _reporter);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.FaultAlreadySlashed.selector, bytes32("fault"))
        );
        gateways.slash(gateway, 1e6, "fault", _reporter);
        gateways.slash(gateway, type(uint96).max, "another", _reporter);
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NothingToSlash.selector, gateway));
        gateways.slash(gateway, 1, "third", _reporter);
        vm.stopPrank();
    }

    /// @dev A reporter that slashes itself loses what the insurance gets: four fifths.
    function test_nobody_gains_by_slashing_oneself(uint96 amount) public {
        _appoint();
        amount = 1 + amount % MIN_STAKE;
        uint256 before = asset.balanceOf(gateway) + MIN_STAKE;
        vm.prank(_slasher);
        gateways.slash(gateway, amount, "fault", gateway);
        gateways.payForfeit("fault");
        uint256 left = asset.balanceOf(gateway) + gateways.operators(gateway).stake;
        vm.assertEq(before - left, amount - (uint256(amount) * 20) / 100);
    }

    function test_slashers_are_appointed_once_by_the_admin() public {
        address[] memory list = new address[](1);
        list[0] = _slasher;
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.SenderNotAdmin.selector, address(this), admin)
        );
        gateways.appointSlashers(list);
        _appoint();
        vm.assertTrue(gateways.isSlasher(_slasher));
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.SenderNotAdmin.selector, admin, address(0))
        );
        vm.prank(admin);
        gateways.appointSlashers(list);
        vm.expectRevert(
            abi.encodeWithSelector(IOperatorRegistry.SenderNotSlasher.selector, address(this))
        );
        gateways.slash(gateway, 1, "fault", _reporter);
    }

    function test_keys_of_an_operator_below_the_minimum_can_be_retired_by_anyone() public {
        _appoint();
        vm.expectRevert(
            abi.encodeWithSelector(
                IOperatorRegistry.StakeNotBelowMinimum.selector, MIN_STAKE, MIN_STAKE
            )
        );
        gateways.retireSigningKey(gateway, _key);
        vm.prank(_slasher);
        gateways.slash(gateway, 1, "fault", _reporter);
        gateways.retireSigningKey(gateway, _key);
        vm.assertFalse(gateways.signingKeyActiveAt(gateway, _key, uint64(block.timestamp)));
        vm.assertEq(gateways.operators(gateway).activeKeys, 0);
    }

    function _addStake(uint96 amount) private {
        asset.mint(gateway, amount);
        vm.startPrank(gateway);
        asset.approve(address(gateways), amount);
        gateways.addStake(amount);
        vm.stopPrank();
    }

    function _appoint() private {
        address[] memory list = new address[](1);
        list[0] = _slasher;
        vm.prank(admin);
        gateways.appointSlashers(list);
    }
}
