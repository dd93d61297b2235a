using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace TorchSharp.SparseConv.Data;

// An embedded page with {{placeholders}}. It is cut at them, so that what fills one is never searched for another.
internal sealed partial class PageTemplate(string resource)
{
    private readonly Dictionary<string, Action<Stream>> _values = new(StringComparer.Ordinal);

    // Text, which stays text whatever is in it.
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
