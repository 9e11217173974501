// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IReexecutionPanel} from "./interfaces/IReexecutionPanel.sol";

/// @title PanelMembers
/// @notice Who sits on the re-execution panel, with which bond, and how juries are drawn.
/// @dev Invariant: balance of the asset ≥ Σ bonds + Σ credits + bonds of open cases; what it exceeds
/// them by are the remainders of divisions.
abstract contract PanelMembers is IReexecutionPanel, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    struct Member {
        uint96 bond;
        /// @dev Juries of open cases that the member sits on.
        uint32 duties;
        /// @dev Position in `_members`, from 1; zero: not a member.
        uint32 position;
    }

    uint256 public constant JURY_SIZE = 3;
    uint256 public constant APPEAL_JURY_SIZE = 7;

    address public immutable asset;
    uint96 public immutable memberBond;
    uint96 public immutable silenceFine;

    mapping(address account => uint256) public credits;
    mapping(address account => Member) public members;
    address[] private _members;

    constructor(address asset_, uint96 memberBond_, uint96 silenceFine_) {
        if (memberBond_ == 0) revert NothingBonded();
        asset = asset_;
        memberBond = memberBond_;
        silenceFine = silenceFine_;
    }

    /// @inheritdoc IReexecutionPanel
    function enroll() external nonReentrant {
        if (members[msg.sender].position != 0) revert AlreadyMember(msg.sender);
        _members.push(msg.sender);
        members[msg.sender] =
            Member({bond: memberBond, duties: 0, position: uint32(_members.length)});
        emit MemberEnrolled(msg.sender);
        asset.safeTransferFrom(msg.sender, address(this), memberBond);
    }

    /// @inheritdoc IReexecutionPanel
    function resign() external {
        Member memory member = members[msg.sender];
        if (member.position == 0) revert NotMember(msg.sender);
        if (member.duties != 0) revert MemberOnDuty(msg.sender, member.duties);
        address last = _members[_members.length - 1];
        _members[member.position - 1] = last;
        members[last].position = member.position;
        _members.pop();
        delete members[msg.sender];
        credits[msg.sender] += member.bond;
        emit MemberResigned(msg.sender);
    }

    /// @inheritdoc IReexecutionPanel
    function withdraw(address to) external nonReentrant {
        uint256 amount = credits[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        credits[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        asset.safeTransfer(to, amount);
    }

    /// @inheritdoc IReexecutionPanel
    function memberCount() external view returns (uint256) {
        return _members.length;
    }

    /// @dev Draws without replacement, leaving out both parties: what is picked is swapped behind the
    /// part that is still drawn from. A member too poor for a fine is not asked again.
    function _drawJury(bytes32 seed, uint8 round, address accused, address accuser)
        internal
        returns (address[] memory jury)
    {
        uint256 size = round == 0 ? JURY_SIZE : APPEAL_JURY_SIZE;
        address[] memory pool = _members;
        uint256 left = pool.length;
        uint256 drawn = 0;
        jury = new address[](size);
        for (uint256 i = 0; drawn < size && left > 0; ++i) {
            uint256 pick = uint256(keccak256(abi.encode(seed, i))) % left;
            address candidate = pool[pick];
            pool[pick] = pool[--left];
            bool isParty = candidate == accused || candidate == accuser;
            if (isParty || members[candidate].bond < silenceFine) continue;
            jury[drawn++] = candidate;
            ++members[candidate].duties;
        }
        if (drawn < size) revert TooFewMembers(drawn, size);
    }

    function _fine(bytes32 digest, address account) internal {
        Member storage member = members[account];
        uint96 fine = silenceFine < member.bond ? silenceFine : member.bond;
        member.bond -= fine;
        _insure(fine);
        emit MemberFined(digest, account, fine);
    }

    function _release(address[] memory jury) internal {
        for (uint256 i = 0; i < jury.length; ++i) {
            --members[jury[i]].duties;
        }
    }

    /// @dev With nobody to share it the pot is insured, so that no side gains from a silent jury.
    function _sharePot(uint256 pot, address[] memory winners) internal {
        if (pot == 0) return;
        if (winners.length == 0) return _insure(pot);
        uint256 share = pot / winners.length;
        for (uint256 i = 0; i < winners.length; ++i) {
            credits[winners[i]] += share;
        }
    }

    /// @dev Books `amount` to the insurance of the registry that the panel serves.
    function _insure(uint256 amount) internal virtual;

    function _truncated(address[] memory list, uint256 length)
        internal
        pure
        returns (address[] memory shorter)
    {
        shorter = new address[](length);
        for (uint256 i = 0; i < length; ++i) {
            shorter[i] = list[i];
        }
    }
}
