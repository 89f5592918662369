// Zeroed arrays that start on a cache line, as vectors of eight doubles need. std::vector does not see to that where
// the element's alignment comes from a vector type.
#ifndef GROWTHCURVE_ALIGNED_H
#define GROWTHCURVE_ALIGNED_H

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace growthcurve {

template <class T>
class Aligned {
 public:
  explicit Aligned(std::size_t size)
      : data_(static_cast<T*>(::operator new[](size * sizeof(T) + 64, std::align_val_t(64)))) {
    std::memset(static_cast<void*>(data_.get()), 0, size * sizeof(T));
  }
  T* get() { return data_.get(); }
  const T* get() const { return data_.get(); }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  struct Release {
    void operator()(T* data) const { ::operator delete[](static_cast<void*>(data), std::align_val_t(64)); }
  };
  std::unique_ptr<T[], Release> data_;
};

}  // namespace growthcurve
#endif
