using System.Runtime.InteropServices;
using TorchSharp.SparseConv.Core;
using TorchSharp.SparseConv.Data;

namespace TorchSharp.SparseConv.Benchmarks;

/// <summary>Named voxels: int32 rows (batch, x, y, z).</summary>
internal sealed record Cloud(string Name, int[] Coordinates)
{
    /// <summary>The number of voxels.</summary>
    public int Voxels => Coordinates.Length / 4;

    /// <summary>Reads little-endian int32 rows (batch, x, y, z).</summary>
    public static Cloud Read(FileInfo file)
    {
        var bytes = File.ReadAllBytes(file.FullName);
        if (bytes.Length % 16 != 0)
        {
            throw new InvalidDataException(
                $"{file} has {bytes.Length} bytes, must be rows of 16: int32 batch, x, y, z."
            );
        }

        return new(Path.GetFileNameWithoutExtension(file.Name), MemoryMarshal.Cast<byte, int>(bytes).ToArray());
    }

    /// <summary>
    /// What there is without being asked: the sets of SPARSECONV_DATA, where it is set, and a generated street and room.
    /// </summary>
    public static IEnumerable<Cloud> Defaults()
    {
        if (Environment.GetEnvironmentVariable("SPARSECONV_DATA") is { Length: > 0 } data)
        {
            var lidar = new FileInfo(Path.Combine(data, "bench", "lidar-5cm.coords.bin"));
            if (lidar.Exists)
            {
                yield return Read(lidar);
            }

            if (ReadFloats(data, "kitti", "000000.bin") is { } scan)
            {
                yield return Voxelized("kitti-5cm", WithoutIntensity(scan), 0.05);
            }

            if (ReadFloats(data, "bench", "benchmark-pc.bin") is { } indoor)
            {
                yield return Voxelized("benchmark-pc-10cm", indoor, 0.1);
                yield return Voxelized("benchmark-pc-5cm", indoor, 0.05);
            }
        }
        yield return Voxelized("street-10cm", new GeneratedStreetScenes(seed: 1, count: 1).Load(0).Positions, 0.1);
        yield return Surface.Room("room-2cm", edge: 200, pieces: 12);
    }

    private static float[]? ReadFloats(params ReadOnlySpan<string> parts)
    {
        var path = Path.Combine(parts);
        return File.Exists(path) ? MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray() : null;
    }

    private static float[] WithoutIntensity(float[] scan) => [.. scan.Where((_, index) => index % 4 != 3)];

    private static Cloud Voxelized(string name, ReadOnlySpan<float> positions, double size)
    {
        using var manager = new CoordinateManager(3);
        var options = new VoxelizerOptions { VoxelSize = [size] };
        return new(name, Voxelizer.Voxelize(manager, positions, [], options).Map.Coordinates());
    }
}
