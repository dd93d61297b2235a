using System.Text.Json;
using System.Text.Json.Serialization;

namespace PointCloudSegmentation;

/// <summary>How this program writes and reads JSON: indented, camel case, enumerations by name.</summary>
internal static class Json
{
    public static JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            Converters = { new JsonStringEnumConverter() },
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        };
}
