using TorchSharp.SparseConv.Core;

namespace TorchSharp.SparseConv;

/// <summary>Devices of tensors, and the engine's numbers for them: -1 for the CPU, n for the CUDA device n.</summary>
internal static class Devices
{
    private const int Cpu = -1;

    /// <summary>
    /// The engine's number for the device of a tensor; throws ArgumentException for one that it does not run on.
    /// </summary>
    internal static int Of(torch.Tensor tensor, string name)
    {
        Require(tensor.device_type, tensor.device, name);
        return Number(tensor)!.Value;
    }

    /// <summary>The device of a level, as tensors name it.</summary>
    internal static torch.Device Of(CoordinateMap map) => Of(map.Manager);

    /// <summary>The device of a manager, as tensors name it.</summary>
    internal static torch.Device Of(CoordinateManager manager) =>
        manager.Device == Cpu ? torch.CPU : torch.device(DeviceType.CUDA, manager.Device);

    /// <summary>Refuses a device that the engine does not run on.</summary>
    internal static void Require(torch.Device device, string name) => Require(device.type, device, name);

    /// <summary>Refuses a tensor on another device than a level's.</summary>
    internal static void Require(torch.Tensor tensor, string name, CoordinateManager manager)
    {
        if (Number(tensor) != manager.Device)
        {
            throw Differ(tensor, name, "the voxels", Of(manager));
        }
    }

    /// <summary>Whether two tensors are on the same device.</summary>
    internal static bool AreSame(torch.Tensor tensor, torch.Tensor other) =>
        tensor.device_type == other.device_type && tensor.device_index == other.device_index;

    /// <summary>Refuses two tensors on different devices.</summary>
    internal static void RequireSame(torch.Tensor tensor, string name, torch.Tensor other, string otherName)
    {
        if (!AreSame(tensor, other))
        {
            throw Differ(tensor, name, otherName, other.device);
        }
    }

    private static int? Number(torch.Tensor tensor) =>
        tensor.device_type switch
        {
            DeviceType.CPU => Cpu,
            DeviceType.CUDA => tensor.device_index,
            _ => null,
        };

    private static ArgumentException Differ(torch.Tensor tensor, string name, string other, torch.Device device) =>
        new($"{name} is on {tensor.device} and {other} on {device}, must be on one device.", name);

    private static void Require(DeviceType type, torch.Device device, string name)
    {
        if (type is not (DeviceType.CPU or DeviceType.CUDA))
        {
            throw new ArgumentException($"{name} is on {device}, must be on cpu or cuda, where the engine runs.", name);
        }
    }
}
