using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TorchSharp.SparseConv.Data;

// The numbers of a page: each block a script element that no browser runs, holding base64 of zlib of little-endian values.
internal sealed class PageBlocks
{
    private readonly List<byte[]> _blocks = [];

    // The number by which the page's JSON names the block.
    public int Add<T>(T[] values)
        where T : unmanaged
    {
        _blocks.Add(MemoryMarshal.AsBytes<T>(values).ToArray());
        return _blocks.Count - 1;
    }

    public void Write(Stream stream)
    {
        for (var i = 0; i < _blocks.Count; i++)
        {
            stream.Write(Encoding.ASCII.GetBytes($"<script type=\"application/octet-stream\" id=\"block-{i}\">"));
            using (
                var base64 = new CryptoStream(stream, new ToBase64Transform(), CryptoStreamMode.Write, leaveOpen: true)
            )
            using (var zlib = new ZLibStream(base64, CompressionLevel.Fastest))
            {
                zlib.Write(_blocks[i]);
            }
            stream.Write("</script>\n"u8);
        }
    }
}
