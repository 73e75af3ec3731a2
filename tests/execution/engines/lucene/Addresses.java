import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/** IP addresses in the form of Elasticsearch's `ip` field: 16 bytes, IPv4 mapped into IPv6. */
final class Addresses {
    private Addresses() {}

    /** The 16 bytes of an address, which must be a literal and not a name to be looked up. */
    static byte[] bytes(String text) {
        if (!text.matches("[0-9a-fA-F:.]*[:.][0-9a-fA-F:.]*")) {
            throw new RefusedException("'" + text + "' is not an IP string literal.");
        }
        try {
            byte[] address = InetAddress.getByName(text).getAddress();
            if (address.length == 16) {
                return address;
            }
            byte[] mapped = new byte[16];
            mapped[10] = (byte) 0xff;
            mapped[11] = (byte) 0xff;
            System.arraycopy(address, 0, mapped, 12, 4);
            return mapped;
        } catch (UnknownHostException notAnAddress) {
            throw new RefusedException("'" + text + "' is not an IP string literal.");
        }
    }

    /** The first and last address of a network in CIDR form, or of a single address. */
    static byte[][] range(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            byte[] address = bytes(text);
            return new byte[][] {address, address};
        }
        String network = text.substring(0, slash);
        byte[] first = bytes(network);
        int length;
        try {
            length = Integer.parseInt(text.substring(slash + 1));
        } catch (NumberFormatException notANumber) {
            throw new RefusedException("'" + text + "' has no prefix length");
        }
        boolean four = network.indexOf(':') < 0;
        if (length < 0 || length > (four ? 32 : 128)) {
            throw new RefusedException("illegal prefix length '" + length + "'");
        }
        byte[] last = Arrays.copyOf(first, 16);
        for (int bit = four ? length + 96 : length; bit < 128; bit++) {
            int mask = 0x80 >> (bit % 8);
            first[bit / 8] &= (byte) ~mask;
            last[bit / 8] |= (byte) mask;
        }
        return new byte[][] {first, last};
    }
}
