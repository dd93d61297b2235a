using System.Text.Json;

namespace TorchSharp.SparseConv.Data;

// What the page can colour points by: classes, colours, or numbers from low to high, stored as what is above low.
internal sealed class ViewerColumn(string name, string kind, int block, double low = 0, double high = 0)
{
    public string Name => name;

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("kind", kind);
        json.WriteNumber("block", block);
        if (high > low)
        {
            json.WriteNumber("low", low);
            json.WriteNumber("high", high);
        }
        json.WriteEndObject();
    }
}
