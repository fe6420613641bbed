"""Which IP addresses are public: reached by anybody on the internet, and nothing within a network of one's own."""

from ipaddress import IPv6Address, ip_address, ip_network

# `is_global` follows IANA's registries of special addresses, but differs between versions of Python. What matters is
# named here too, with what the registries call global but leads elsewhere.
_REFUSED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carriers; Alibaba's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's host, as its virtual machines see it
            "169.254.0.0/16",  # link-local; the metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols; Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
            "2001::/23",  # protocols: Teredo (2001::/32), benchmarking, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which holds an IPv4 address
            "3fff::/20",  # documentation
        ),
    )
)

# Only this part of IPv6 is given to networks. Outside of it are the loopback, IPv4-mapped and -compatible addresses,
# NAT64 (64:ff9b::/96, 64:ff9b:1::/48), unique-local (fd00:ec2::254 is Amazon's metadata), link-local, site-local and
# multicast addresses.
_GLOBAL_V6 = ip_network("2000::/3")


def is_public(text: str) -> bool:
    """Whether the text is a public IP address; false for anything else."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (address.scope_id is not None or address not in _GLOBAL_V6):
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _REFUSED)
