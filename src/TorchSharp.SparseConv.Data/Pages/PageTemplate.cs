using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data;

// An embedded page with {{placeholders}}. The page is split at them, so that the text that fills one is never searched
// for another.
internal sealed partial class PageTemplate(string resource)
{
    private readonly Dictionary<string, Action<Stream>> _values = new(StringComparer.Ordinal);

    // Fills a placeholder with text, which is encoded for HTML.
    public PageTemplate Text(string name, string value) =>
        Written(name, stream => stream.Write(Encoding.UTF8.GetBytes(WebUtility.HtmlEncode(value))));

    public PageTemplate Resource(string name, params string[] resources) =>
        Written(
            name,
            stream =>
            {
                foreach (var part in resources)
                {
                    using var source = Open(part);
                    source.CopyTo(stream);
                }
            }
        );

    public PageTemplate Written(string name, Action<Stream> write)
    {
        _values.Add("{{" + name + "}}", write);
        return this;
    }

    public void Write(Stream stream)
    {
        using var reader = new StreamReader(Open(resource), Encoding.UTF8);
        foreach (var part in Placeholder().Split(reader.ReadToEnd()))
        {
            if (_values.TryGetValue(part, out var write))
            {
                write(stream);
            }
            else
            {
                stream.Write(Encoding.UTF8.GetBytes(part));
            }
        }
    }

    private static Stream Open(string name) => typeof(PageTemplate).Assembly.GetManifestResourceStream(name)!;

    [GeneratedRegex(@"(?<name>\{\{[a-z]+\}\})", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}

// Writes numbers to the JSON of a page. Numbers that are not finite become null.
internal static class PageJson
{
    public static void WriteNumbers(this Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                json.WriteNumberValue(value);
            }
            else
            {
                json.WriteNullValue();
            }
        }
        json.WriteEndArray();
    }

    public static void WriteNumberOrNull(this Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}

// The numbers of a page. Each block is a script element that no browser runs, with little-endian values, compressed
// with zlib and encoded as base64.
internal sealed class PageBlocks
{
    private readonly List<byte[]> _blocks = [];

    // Returns the number by which the JSON of the page names the block.
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
