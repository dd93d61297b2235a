using TorchSharp.SparseConv.Data.Files;

namespace TorchSharp.SparseConv.Data;

/// <summary>Aerial LiDAR in ASPRS LAS 1.0 to 1.4 (.las), point formats 0 to 10, with all their attributes and extra bytes; compressed LAZ is refused.</summary>
/// <remarks>
/// The classification is the attribute "label", the colour (16 bits a channel) "color"; the others are named "intensity", "return_number", "number_of_returns", "scan_direction", "edge_of_flight_line",
/// "synthetic", "key_point", "withheld", "overlap", "scanner_channel", "scan_angle_rank" (degrees) or "scan_angle" (0.006 degrees), "user_data", "point_source", "gps_time", "near_infrared", "wave_packet" and
/// "waveform_offset", "waveform_size", "waveform_location", "waveform_direction". Positions are counted from a <see cref="PointCloud.Origin"/> where they go beyond 4,096.
/// </remarks>
public static class LasFile
{
    /// <summary>All points of a file.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed, compressed or ends too early.</exception>
    public static PointCloud Read(string path)
    {
        using var reader = Open(path);
        return reader.ReadAll();
    }

    /// <summary>What the file says of itself, without its points.</summary>
    /// <exception cref="PointCloudException">The file is missing, malformed, or too short for its points.</exception>
    public static LasHeader ReadHeader(string path)
    {
        using var file = ByteReader.Open(path);
        return LasHeader.Read(file);
    }

    /// <summary>Writes positions, rounded to whole steps, and every attribute, in the smallest point format that has room; what LAS has no field for, or what does not fit it, goes into described extra bytes.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="cloud">The points; an 8-bit colour is spread over 16 bits (times 257).</param>
    /// <param name="scale">The size of a step, in metres.</param>
    /// <param name="like">A header whose records, for example the coordinate system, and flags are taken over.</param>
    /// <exception cref="ArgumentException">A position is not finite or does not fit 32 bits of such steps, or an attribute's name is too long; no file is written then.</exception>
    public static void Write(string path, PointCloud cloud, double scale = 0.001, LasHeader? like = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(cloud);
        if (!double.IsFinite(scale) || scale <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "must be positive and finite");
        }
        var writer = new LasWriter(cloud, scale, like);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        writer.Write(file);
    }

    internal static PointReader Open(string path) => PointReader.Open(path, LasReader.Open);
}
