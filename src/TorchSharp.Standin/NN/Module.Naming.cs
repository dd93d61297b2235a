using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What is in the tree, by name.</summary>
        public partial class Module
        {
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                IEnumerable<(string, Parameter)> own = _internal_params;
                return Distinct(
                    recurse ? own.Concat(OfChildren(_internal_submodules, child => child.named_parameters(true))) : own
                );
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(entry => entry.parameter);

            /// <summary>Buffers by name; those that are not persistent are never listed, as in TorchSharp.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(
                bool recurse = true,
                bool include_nonpersistent = true
            )
            {
                IEnumerable<(string, (Tensor, bool))> all = _internal_buffers;
                IEnumerable<(string, Tensor)> own = all.Where(entry => entry.Item2.Item2)
                    .Select(entry => (entry.Item1, entry.Item2.Item1));
                return Distinct(
                    recurse
                        ? own.Concat(
                            OfChildren(_internal_submodules, child => child.named_buffers(true, include_nonpersistent))
                        )
                        : own
                );
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            public virtual IEnumerable<(string name, Module module)> named_children() => _internal_submodules;

            public virtual IEnumerable<Module> children() => named_children().Select(entry => entry.module);

            public virtual IEnumerable<(string name, Module module)> named_modules() =>
                _internal_submodules.Concat(OfChildren(_internal_submodules, child => child.named_modules()));

            public virtual IEnumerable<Module> modules() => named_modules().Select(entry => entry.module);

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual Tensor? get_buffer(string target) =>
                _internal_buffers.TryGetValue(target, out var entry)
                    ? entry.Item1
                    : OfChild(target, (m, n) => m.get_buffer(n));

            public virtual Parameter? get_parameter(string target) =>
                _internal_params.TryGetValue(target, out var parameter)
                    ? parameter
                    : OfChild(target, (m, n) => m.get_parameter(n));

            /// <summary>What the children list, with their names in front.</summary>
            internal static IEnumerable<(string, T)> OfChildren<T>(
                IEnumerable<(string, Module)> children,
                Func<Module, IEnumerable<(string, T)>> list
            ) =>
                from child in children
                from entry in list(child.Item2)
                select ($"{child.Item1}.{entry.Item1}", entry.Item2);

            /// <summary>Each tensor once, under its first name; disposed ones not at all. May be enumerated again.</summary>
            internal static IEnumerable<(string, T)> Distinct<T>(IEnumerable<(string, T)> entries)
                where T : Tensor
            {
                // Within the iterator, so that going through the list again begins anew.
                var seen = new HashSet<nint>();
                foreach (var entry in entries)
                {
                    if (!entry.Item2.IsInvalid && seen.Add(entry.Item2.Handle))
                    {
                        yield return entry;
                    }
                }
            }

            private T? OfChild<T>(string target, Func<Module, string, T?> find)
                where T : class
            {
                int dot = target.IndexOf('.', StringComparison.Ordinal);
                return dot < 0
                    ? null
                    : named_children()
                        .Where(child => string.Equals(child.name, target[..dot], StringComparison.Ordinal))
                        .Select(child => find(child.module, target[(dot + 1)..]))
                        .FirstOrDefault(found => found is not null);
            }
        }
    }
}
