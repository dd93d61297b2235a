using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static Device? _cuda;
    private static Device _defaultDevice = new(DeviceType.CPU);

    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device META = new(DeviceType.META);

    public static Device CUDA => _cuda ??= InitializeDevice(new Device(DeviceType.CUDA));

    public static Device device(string description) => InitializeDevice(new Device(description));

    public static Device device(string deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    public static Device device(DeviceType deviceType, int index = -1) =>
        InitializeDevice(new Device(deviceType, index));

    public static Device device(int index) => new(DeviceType.CUDA, index);

    public static Device get_default_device() => _defaultDevice;

    public static void set_default_device(Device device) => _defaultDevice = device;

    public static void set_default_device(string device) => _defaultDevice = torch.device(device);

    /// <summary>Does nothing where the device is there.</summary>
    /// <exception cref="InvalidOperationException">There is no such device on this machine.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (deviceType is not (DeviceType.CPU or DeviceType.META) && !TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException(
                $"Torch device type {deviceType} did not initialise on the current machine."
            );
        }
    }

    public static bool TryInitializeDeviceType(DeviceType deviceType) =>
        deviceType switch
        {
            DeviceType.CPU or DeviceType.META => true,
            DeviceType.CUDA => cuda.device_count() > 0,
            _ => false,
        };

    public static Device InitializeDevice(Device? device)
    {
        device ??= get_default_device();
        InitializeDeviceType(device.type);
        return device;
    }

    public static bool cuda_is_available() => cuda.is_available();

    public class Device
    {
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Enum.Parse<DeviceType>(parts[0], ignoreCase: true);
            if (parts.Length == 2)
            {
                index = int.Parse(parts[1]);
            }
        }

        public Device(string deviceType, int index = -1)
            : this(Enum.Parse<DeviceType>(deviceType, ignoreCase: true), index) { }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        public Device(int index)
            : this(DeviceType.CUDA, index) { }

        public DeviceType type { get; private set; } = DeviceType.CPU;

        public int index { get; private set; } = -1;

        public override string ToString()
        {
            var name = type.ToString().ToLowerInvariant();
            return type == DeviceType.CPU || index == -1 ? name : $"{name}:{index}";
        }

        public static implicit operator Device(string description) => new(description);
    }

    public static partial class cuda
    {
        public static bool is_available() => device_count() > 0;

        public static unsafe int device_count()
        {
            int count;
            Native.Check(Native.standin_cuda_device_count(&count));
            return count;
        }

        public static unsafe bool is_cudnn_available()
        {
            int result;
            Native.Check(Native.standin_cuda_cudnn_is_available(&result));
            return result != 0;
        }

        public static void manual_seed(long seed) => Native.Check(Native.standin_cuda_manual_seed(seed));

        public static void manual_seed_all(long seed) => manual_seed(seed);

        public static void synchronize(Device? device = null) =>
            Native.Check(Native.standin_cuda_synchronize(device?.index ?? -1));
    }
}
