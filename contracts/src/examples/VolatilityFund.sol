// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelProofs} from "../interfaces/IModelProofs.sol";

/// @title IPriceFeed
/// @notice Where a fund reads its price.
interface IPriceFeed {
    /// @return price Above zero, in any unit that stays the same.
    function latestPrice() external view returns (uint128 price);
}

/// @title VolatilityFund
/// @notice An example that acts on a proof: a fund whose exit fee follows the volatility that a model (see
/// `models/volatility`) expects of the last sixteen daily returns. Anybody may set the fee, and nobody can
/// choose it: the input is what this contract saw, the output is proven.
contract VolatilityFund {
    event PriceSeen(uint256 indexed day, uint128 price);
    event FeeSet(uint256 indexed day, int256 volatility, uint256 feeBps);

    error AlreadySeen(uint256 day);
    error WindowIncomplete(uint256 day);
    error ProofRefused(int256 volatility);

    uint256 public constant RETURNS = 16;
    uint256 public constant FEE_BPS_MIN = 10;
    uint256 public constant FEE_BPS_MAX = 500;

    IModelProofs public immutable models;
    bytes32 public immutable modelId;
    IPriceFeed public immutable feed;
    /// @dev A value v of the model stands for v / 2^bits percent.
    uint8 public immutable inputBits;
    uint8 public immutable outputBits;

    mapping(uint256 day => uint128) public prices;
    uint256 public feeBps = FEE_BPS_MAX;

    constructor(
        IModelProofs models_,
        bytes32 modelId_,
        IPriceFeed feed_,
        uint8 inputBits_,
        uint8 outputBits_
    ) {
        models = models_;
        modelId = modelId_;
        feed = feed_;
        inputBits = inputBits_;
        outputBits = outputBits_;
    }

    /// @notice Keeps today's price. Anybody, once a day.
    function see() external {
        uint256 day = block.timestamp / 1 days;
        if (prices[day] != 0) revert AlreadySeen(day);
        prices[day] = feed.latestPrice();
        emit PriceSeen(day, prices[day]);
    }

    /// @notice Sets the fee by the volatility that the model gives for the returns up to today.
    function setFee(int256 volatility, bytes calldata proof) external {
        uint256 day = block.timestamp / 1 days;
        int256[] memory outputs = new int256[](1);
        outputs[0] = volatility;
        // This day's window: a proof of another one says nothing today.
        if (!models.verifyValues(modelId, returnsUntil(day), outputs, proof)) {
            revert ProofRefused(volatility);
        }
        // A tenth of the expected volatility, within bounds: 1 % is 10 basis points.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 fee = volatility <= 0 ? 0 : (uint256(volatility) * 10) >> outputBits;
        feeBps = fee < FEE_BPS_MIN ? FEE_BPS_MIN : fee > FEE_BPS_MAX ? FEE_BPS_MAX : fee;
        emit FeeSet(day, volatility, feeBps);
    }

    /// @notice The model's input, oldest first, as a prover must take it: percent, rounded towards zero.
    function returnsUntil(uint256 day) public view returns (int256[] memory returns_) {
        returns_ = new int256[](RETURNS);
        for (uint256 i = 0; i < RETURNS; ++i) {
            int256 before = int256(uint256(prices[day - RETURNS + i]));
            int256 price = int256(uint256(prices[day - RETURNS + i + 1]));
            if (before == 0 || price == 0) revert WindowIncomplete(day);
            returns_[i] = ((price - before) * 100 * int256(2) ** inputBits) / before;
        }
    }
}
