using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>To another device or element type: parameters and buffers become new tensors, fields and properties follow.</summary>
        public partial class Module
        {
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                RequireFloatingPoint(dtype);
                RequireDevice(device.type);
                _toEpilog(dtype, device.type == DeviceType.CUDA ? device : new Device(device.type, -1), non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                RequireDevice(deviceType);
                _toEpilog(null, new Device(deviceType, deviceType == DeviceType.CUDA ? deviceIndex : -1), non_blocking);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                RequireFloatingPoint(dtype);
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            public Module _to(Tensor other, bool non_blocking)
            {
                _to(other.dtype, non_blocking);
                return _to(other.device_type, other.device_index, non_blocking);
            }

            protected void _toEpilog(ScalarType dtype, bool non_blocking) => _toEpilog(dtype, null, non_blocking);

            protected void _toEpilog(Device device, ScalarType dtype, bool non_blocking) =>
                _toEpilog(dtype, device, non_blocking);

            protected void _toEpilog(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);

            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                if (dtype is null && device is null)
                {
                    throw new ArgumentNullException(nameof(dtype), "dtype and device are both null.");
                }

                foreach (var (_, child) in named_children())
                {
                    _ = (dtype, device) switch
                    {
                        ({ } type, { } to) => child._to(to, type, non_blocking),
                        ({ } type, null) => child._to(type, non_blocking),
                        (null, { } to) => child._to(to.type, to.index, non_blocking),
                        _ => child,
                    };
                }

                ReplaceOwn(dtype, device);
            }

            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, out Parameter? p)
            {
                p = null;
                using Tensor? grad = param.grad;
                if (!WillMove(param, dtype, device) && (grad is null || !WillMove(grad, dtype, device)))
                {
                    return false;
                }

                ScalarType type = TypeFor(param, dtype);
                Device to = device ?? param.device;
                using (no_grad())
                {
                    p = new Parameter(param.to(type, to), param.requires_grad);
                    p.DetachFromDisposeScope();
                    if (grad is not null)
                    {
                        using Tensor moved = grad.to(type, to).with_requires_grad(grad.requires_grad);
                        p.grad = moved;
                    }
                }

                return true;
            }

            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, out Tensor? result)
            {
                result = null;
                if (!WillMove(buffer, dtype, device))
                {
                    return false;
                }

                result = buffer
                    .to(TypeFor(buffer, dtype), device ?? buffer.device, disposeAfter: true)
                    .DetachFromDisposeScope();
                return true;
            }

            private void ReplaceOwn(ScalarType? dtype, Device? device)
            {
                Dictionary<string, FieldInfo> fields = InstanceFields(GetType())
                    .ToDictionary(field => field.ComponentName(), StringComparer.Ordinal);
                Dictionary<string, PropertyInfo> properties = GetType()
                    .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .ToDictionary(property => property.Name, StringComparer.Ordinal);

                foreach (var (component, old) in named_parameters(false).ToList())
                {
                    if (!ReplaceParameter(dtype, device, old, out Parameter? moved))
                    {
                        continue;
                    }

                    if (properties.TryGetValue(component, out PropertyInfo? property))
                    {
                        property.SetValue(this, moved);
                        continue;
                    }

                    old.Dispose();
                    ConditionallyRegisterParameter(component, moved);
                    SetField(fields, component, moved);
                }

                foreach (var (component, old) in named_buffers(false).ToList())
                {
                    if (!ReplaceBuffer(dtype, device, old, out Tensor? moved))
                    {
                        continue;
                    }

                    if (properties.TryGetValue(component, out PropertyInfo? property))
                    {
                        property.SetValue(this, moved);
                        continue;
                    }

                    ConditionallyRegisterBuffer(component, moved);
                    SetField(fields, component, moved);
                }
            }

            private void SetField(Dictionary<string, FieldInfo> fields, string component, Tensor? value)
            {
                if (fields.TryGetValue(component, out FieldInfo? field))
                {
                    field.SetValue(this, value);
                }
            }

            /// <summary>For the setters of weights: the old one is disposed, the new one belongs to no scope.</summary>
            private protected void SetParameter(ref Parameter? field, Parameter? value, string component)
            {
                if (value is null || field is null || field.IsInvalid || value.Handle != field.Handle)
                {
                    field?.Dispose();
                    field = (Parameter?)value?.DetachFromDisposeScope();
                    ConditionallyRegisterParameter(component, field);
                }
            }

            /// <summary>For the setters of buffers, likewise.</summary>
            private protected void SetBuffer(ref Tensor? field, Tensor? value, string component)
            {
                field?.Dispose();
                field = value?.DetachFromDisposeScope();
                ConditionallyRegisterBuffer(component, field);
            }

            private static bool IsFloatingOrComplex(ScalarType type) =>
                type
                    is ScalarType.Float16
                        or ScalarType.BFloat16
                        or ScalarType.Float32
                        or ScalarType.Float64
                        or ScalarType.ComplexFloat32
                        or ScalarType.ComplexFloat64;

            private static ScalarType TypeFor(Tensor tensor, ScalarType? wanted) =>
                wanted is { } type && IsFloatingOrComplex(tensor.dtype) ? type : tensor.dtype;

            private static bool WillMove(Tensor tensor, ScalarType? dtype, Device? device) =>
                (dtype is { } type && type != tensor.dtype)
                || (
                    device is not null
                    && (
                        device.type != tensor.device_type
                        || (device.type == DeviceType.CUDA && device.index >= 0 && device.index != tensor.device_index)
                    )
                );

            private static void RequireFloatingPoint(ScalarType dtype)
            {
                if (!IsFloatingOrComplex(dtype))
                {
                    throw new ArgumentException(
                        $"nn.Module.to only accepts floating point or complex types, but got desired dtype={dtype}"
                    );
                }
            }

            private static void RequireDevice(DeviceType type)
            {
                if (type == DeviceType.CUDA && !cuda.is_available())
                {
                    throw new InvalidOperationException("CUDA is not available.");
                }
            }
        }
    }
}
