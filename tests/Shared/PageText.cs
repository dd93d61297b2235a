using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Tests.Shared;

// A page as the browser gets it, taken apart without the code that wrote it.
internal sealed class PageText
{
    public PageText(Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        Html = Encoding.UTF8.GetString(stream.ToArray());
    }

    public PageText(string path) => Html = File.ReadAllText(path);

    public string Html { get; }

    public string OutsideScripts => Regex.Replace(Html, "<script.*?</script>", "", RegexOptions.Singleline);

    public JsonElement Json(string id) => JsonDocument.Parse(Script(id)).RootElement;

    public T[] Block<T>(int number)
        where T : unmanaged
    {
        using var packed = new MemoryStream(Convert.FromBase64String(Script($"block-{number}")));
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        zlib.CopyTo(bytes);
        return MemoryMarshal.Cast<byte, T>(bytes.ToArray()).ToArray();
    }

    // What a layer has for each point under a name.
    public T[] Column<T>(JsonElement layer, string name)
        where T : unmanaged =>
        Block<T>(
            layer
                .GetProperty("columns")
                .EnumerateArray()
                .Single(column => column.GetProperty("name").ValueEquals(name))
                .GetProperty("block")
                .GetInt32()
        );

    private string Script(string id) =>
        Regex.Match(Html, $"<script[^>]* id=\"{id}\"[^>]*>(.*?)</script>", RegexOptions.Singleline).Groups[1].Value;
}
