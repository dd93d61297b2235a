using System.Runtime.InteropServices;

namespace TorchSharp.SparseConv.Data.Files;

// PCL's colours: four bytes as one number, alpha highest and blue lowest, often dressed as a float.
internal static class PackedColor
{
    public static byte[] Unpack(NumberArray packed, int components)
    {
        var bits = packed.Type switch
        {
            NumberType.Float32 => MemoryMarshal.Cast<float, uint>(packed.As<float>()),
            NumberType.Int32 => MemoryMarshal.Cast<int, uint>(packed.As<int>()),
            _ => packed.As<uint>(),
        };
        var colors = new byte[checked(components * bits.Length)];
        for (var i = 0; i < bits.Length; i++)
        {
            for (var channel = 0; channel < components; channel++)
            {
                colors[components * i + channel] = (byte)((bits[i] >> Shift(channel)) & 0xff);
            }
        }
        return colors;
    }

    // Three channels as a float, four as an integer: that is how PCL tells rgb from rgba.
    public static Array Pack(byte[] colors, int components)
    {
        var bits = new uint[colors.Length / components];
        for (var i = 0; i < bits.Length; i++)
        {
            for (var channel = 0; channel < components; channel++)
            {
                bits[i] |= (uint)colors[components * i + channel] << Shift(channel);
            }
        }
        return components == 4 ? bits : MemoryMarshal.Cast<uint, float>(bits).ToArray();
    }

    private static int Shift(int channel) => channel == 3 ? 24 : 16 - 8 * channel;
}
