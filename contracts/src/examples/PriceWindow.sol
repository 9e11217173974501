// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChatInput} from "../libraries/ChatInput.sol";
import {IPriceFeed} from "./VolatilityFund.sol";

/// @title PriceWindow
/// @notice The last prices that a contract saw with its own eyes, as the input of a model (see `models/volatility`).
abstract contract PriceWindow {
    event PriceSeen(uint256 indexed index, uint128 price);

    error SeenTooSoon(uint64 seenAt, uint32 period);
    error WindowIncomplete(uint256 seen);

    uint256 public constant RETURNS = 16;

    IPriceFeed public immutable feed;
    /// @notice Seconds that must lie between two prices.
    uint32 public immutable period;
    /// @dev A value v of the model's input stands for v / 2^bits percent.
    uint8 private immutable _inputBits;

    /// @notice When the newest price was seen, in unix seconds.
    uint64 public seenAt;
    uint128[] private _prices;

    constructor(IPriceFeed feed_, uint32 period_, uint8 inputBits) {
        feed = feed_;
        period = period_;
        _inputBits = inputBits;
    }

    /// @notice Keeps the price of now. Anybody, once each period.
    function see() external {
        if (block.timestamp < uint256(seenAt) + period) revert SeenTooSoon(seenAt, period);
        seenAt = uint64(block.timestamp);
        uint128 price = feed.latestPrice();
        emit PriceSeen(_prices.length, price);
        _prices.push(price);
    }

    function pricesSeen() external view returns (uint256) {
        return _prices.length;
    }

    /// @notice The model's input: the last sixteen returns, oldest first; percent, rounded towards zero.
    function window() public view returns (int256[] memory returns_) {
        uint256 count = _prices.length;
        if (count <= RETURNS) revert WindowIncomplete(count);
        returns_ = new int256[](RETURNS);
        int256 before = int256(uint256(_prices[count - RETURNS - 1]));
        for (uint256 i = 0; i < RETURNS; ++i) {
            int256 price = int256(uint256(_prices[count - RETURNS + i]));
            returns_[i] = ((price - before) * 100 * int256(2) ** _inputBits) / before;
            before = price;
        }
    }

    function _question() internal view returns (bytes memory) {
        return ChatInput.tensor(window());
    }
}
